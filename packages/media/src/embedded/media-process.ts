import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Clock, type Logger, type Timer, TypedEmitter } from '@intermix/kernel';
import { MediaError, type MediaProblem } from '../errors.js';
import type {
  AttachmentEventMessage,
  ChildCommand,
  ChildConfig,
  ChildMessage,
  ChildReply,
  ChildRequest,
  CommandResults,
  LegEventMessage,
} from './messages.js';

interface Pending {
  resolve: (result: never) => void;
  reject: (error: MediaError) => void;
  timer: Timer | undefined;
}

export interface MediaProcessEvents {
  legEvent: [event: LegEventMessage];
  attachmentEvent: [event: AttachmentEventMessage];
  /** The process is gone, asked or not. */
  exited: [];
}

const replyTimeoutMs = 5000;
const startTimeoutMs = 15_000;
const stopTimeoutMs = 1500;

/** One media process: requests out, replies and events in. */
export class MediaProcess extends TypedEmitter<MediaProcessEvents> {
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #exited = false;

  /** `childPath`: its script, else the one without attachments. */
  constructor(options: { childPath?: string | undefined; clock: Clock; logger: Logger }) {
    super();
    this.#clock = options.clock;
    this.#child = fork(existing(options.childPath ?? plainChild()), [], { serialization: 'advanced', execArgv: [] });
    this.#logger = options.logger.child({ mediaPid: this.#child.pid });
    this.#child.on('message', (message: ChildMessage) => this.#received(message));
    this.#child.on('error', (error) => this.#logger.error({ err: error }, 'media process cannot be reached'));
    // The exit code of a process with native threads says nothing, so that it went is all we take from it.
    this.#child.on('exit', (code, signal) => this.#gone(code, signal));
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get isAlive(): boolean {
    return !this.#exited;
  }

  start(config: ChildConfig): Promise<null> {
    return this.request({ command: 'start', config }, startTimeoutMs);
  }

  /** Sends a command and waits for its reply. Rejects with MediaError; `timeoutMs` 0 waits as long as the process lives. */
  request<C extends ChildCommand>(command: C, timeoutMs = replyTimeoutMs): Promise<CommandResults[C['command']]> {
    return new Promise((resolve, reject) => {
      if (this.#exited) {
        reject(new MediaError('engine-lost', 'the media process has ended'));
        return;
      }
      const id = ++this.#lastId;
      const timer =
        timeoutMs > 0 ? this.#clock.schedule(timeoutMs, () => this.#timedOut(id, command.command)) : undefined;
      this.#pending.set(id, { resolve, reject, timer });
      this.#send(id, command);
    });
  }

  #send(id: number, command: ChildCommand): void {
    const fail = (problem: MediaProblem, message: string, cause: unknown) =>
      this.#settle(id)?.reject(new MediaError(problem, message, { cause }));
    try {
      this.#child.send({ id, ...command } satisfies ChildRequest, (error) => {
        if (error) fail('engine-lost', 'the media process cannot be reached', error);
      });
    } catch (error) {
      fail('bad-argument', `${command.command} was given something that cannot be cloned`, error);
    }
  }

  /** Asks it to end and makes sure of it; `graceMs` is what it has besides for attachments that have to end well. */
  async stop(graceMs = 0): Promise<void> {
    if (this.#exited) return;
    const exited = new Promise<void>((resolve) => this.once('exited', resolve));
    const force = this.#clock.schedule(stopTimeoutMs + graceMs, () => this.kill());
    this.request({ command: 'stop' }, stopTimeoutMs + graceMs).catch(() => this.kill());
    await exited;
    force.cancel();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #received(message: ChildMessage): void {
    if ('id' in message) this.#replied(message);
    else if (message.event === 'process-error')
      this.#logger.error({ problem: message.message }, 'a media process had an error that nobody handled');
    else if ('attachmentId' in message) this.emit('attachmentEvent', message);
    else this.emit('legEvent', message);
  }

  #replied(reply: ChildReply): void {
    const pending = this.#settle(reply.id);
    if (reply.ok) pending?.resolve(reply.result as never);
    else pending?.reject(new MediaError(reply.problem, reply.message));
  }

  #timedOut(id: number, command: string): void {
    this.#settle(id)?.reject(new MediaError('timeout', `the media process did not answer ${command} in time`));
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.timer?.cancel();
    return pending;
  }

  #gone(code: number | null, signal: NodeJS.Signals | null): void {
    this.#exited = true;
    this.#logger.debug({ code, signal }, 'media process ended');
    for (const id of [...this.#pending.keys()]) {
      this.#settle(id)?.reject(new MediaError('engine-lost', 'the media process ended before it answered'));
    }
    this.emit('exited');
  }
}

const plainChild = (): string => createRequire(import.meta.url).resolve('@intermix/media/media-child');

function existing(path: string): string {
  if (existsSync(path)) return path;
  throw new MediaError('build-missing', `${path} is missing; run "npm run build" first`);
}
