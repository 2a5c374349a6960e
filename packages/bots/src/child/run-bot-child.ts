import { type LogFields, type Logger, systemClock, systemRandom } from '@intermix/kernel';
import { BotHost } from '../host/bot-host.js';
import { botOutside } from '../host/outside.js';
import type { HostCommand, HostEvent, RenderRequest } from '../host/session-order.js';
import { botKinds } from '../kinds/bot-kinds.js';
import type { BotKind, BotPrompt } from '../session/bot.js';

/** What the process says before anything else, once it listens. */
export interface ListeningMessage {
  type: 'listening';
  port: number;
}

export type ChildSays = HostEvent | RenderRequest | ListeningMessage;
export type ChildHears = HostCommand | { type: 'start'; allowPrivate: boolean } | { type: 'stop' };

/** A prompt that is not there by then will not come. */
const renderTimeoutMs = 30_000;

/**
 * Makes this process the one of the bots: forked by `ChildHost` and spoken to over IPC; it ends when the server does. To be
 * called once, by the script that `ChildHost` is given.
 */
export function runBotChild(options: { kinds?: ReadonlyMap<string, BotKind<never>> } = {}): void {
  const child = new BotChild(options.kinds ?? botKinds);
  process.on('message', (message: ChildHears) => void child.handle(message).catch(cannotRun));
  process.on('disconnect', () => process.exit(0));
  process.on('uncaughtException', (error) => log('error', { err: plain(error) }, 'an error that no bot handled'));
  process.on('unhandledRejection', (error) => log('error', { err: plain(error) }, 'a rejection that no bot handled'));
  // The terminal signals the whole group; the server decides when bots end, and tells us.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
}

class BotChild {
  readonly #kinds: ReadonlyMap<string, BotKind<never>>;
  readonly #rendering = new Map<number, { resolve: (path: string) => void; reject: (error: Error) => void }>();
  #host: BotHost | undefined;
  #lastId = 0;

  constructor(kinds: ReadonlyMap<string, BotKind<never>>) {
    this.#kinds = kinds;
  }

  async handle(message: ChildHears): Promise<void> {
    switch (message.type) {
      case 'start':
        return this.#start(message.allowPrivate);
      case 'expect':
        return this.#host?.expect(message.order);
      case 'end':
        return this.#host?.end(message.sessionId, message.why);
      case 'rendered':
        return this.#rendered(message);
      case 'stop':
        await this.#host?.stop();
        await everythingIsSaid();
        process.disconnect?.();
        process.exit(0);
    }
  }

  async #start(allowPrivate: boolean): Promise<void> {
    const parts = { clock: systemClock, random: systemRandom, logger: ipcLogger({}), tell: say };
    this.#host = new BotHost({
      ...{ kinds: this.#kinds, outside: botOutside({ clock: systemClock, allowPrivate }), ...parts },
      render: (accountSid, prompt) => this.#render(accountSid, prompt),
    });
    say({ type: 'listening', port: await this.#host.listen() });
  }

  #render(accountSid: string, prompt: BotPrompt): Promise<string> {
    const id = ++this.#lastId;
    return new Promise<string>((resolve, reject) => {
      const late = () => this.#rendering.delete(id) && reject(new Error('The prompt was not made in time.'));
      const timer = systemClock.schedule(renderTimeoutMs, late);
      const settled =
        <T>(settle: (result: T) => void) =>
        (result: T) => {
          timer.cancel();
          settle(result);
        };
      this.#rendering.set(id, { resolve: settled(resolve), reject: settled(reject) });
      say({ type: 'render', id, accountSid, prompt });
    });
  }

  #rendered({ id, path, error }: Extract<ChildHears, { type: 'rendered' }>): void {
    const waiting = this.#rendering.get(id);
    this.#rendering.delete(id);
    if (path !== undefined) waiting?.resolve(path);
    else waiting?.reject(new Error(error ?? 'The prompt cannot be had.'));
  }
}

/** A process that cannot listen is of no use: the server starts another one. */
async function cannotRun(error: unknown): Promise<void> {
  log('error', { err: plain(error) }, 'the process of the bots cannot run');
  await everythingIsSaid();
  process.exit(1);
}

let unsaid = 0;
let whenSaid: (() => void) | undefined;

function say(message: ChildSays): void {
  if (!process.connected) return; // A server that is gone needs nothing.
  unsaid++;
  process.send?.(message, undefined, undefined, () => {
    if (--unsaid === 0) whenSaid?.();
  });
}

/** Transcripts are longer than the pipe: a process that exits behind `say` takes them with it. */
function everythingIsSaid(): Promise<void> {
  return new Promise((resolve) => {
    if (unsaid === 0) resolve();
    else whenSaid = resolve;
  });
}

/** Log lines are the server's to write. */
function ipcLogger(bound: LogFields): Logger {
  const at = (level: 'error' | 'warn' | 'info' | 'debug') => (fields: LogFields, message: string) =>
    log(level, { ...bound, ...fields, ...('err' in fields && { err: plain(fields.err) }) }, message);
  return {
    ...{ error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') },
    child: (more) => ipcLogger({ ...bound, ...more }),
  };
}

function log(level: 'error' | 'warn' | 'info' | 'debug', fields: LogFields, message: string): void {
  say({ type: 'log', level, fields, message });
}

/** What can be cloned of an error. */
function plain(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error).slice(0, 300) };
  const { name, message, stack } = error;
  return { type: name, message, stack };
}
