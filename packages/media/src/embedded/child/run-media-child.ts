import { systemClock, systemRandom } from '@intermix/kernel';
import ndc, { type IceUdpMuxListener } from 'node-datachannel';
import type { AttachmentFactory } from '../../attachments/attachment.js';
import { MediaError } from '../../errors.js';
import type { ChildMessage, ChildReply, ChildRequest, CommandResults } from '../messages.js';
import { CertificatePair } from './certificate.js';
import { MediaHost } from './media-host.js';
import { bindUdp } from './port-range.js';

export interface MediaChildOptions {
  /** What can run beside a leg, by the kind that `MediaLeg.attach` names. */
  attachments: Readonly<Record<string, AttachmentFactory>>;
}

/**
 * Makes this process a media process: forked by the engine and spoken to over IPC; it ends when the server does. To be called
 * once, by the script that the engine's `childPath` names.
 *
 * libdatachannel lives in a process and never in a worker thread: it aborts the whole process there.
 */
export function runMediaChild(options: MediaChildOptions): void {
  const child = new MediaChild(options);
  process.on('message', (request: ChildRequest) => child.handle(request));
  process.on('disconnect', () => child.end());
  goOnAfterErrors();
  // The terminal signals the whole group; the server decides when media ends, and tells us.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
}

class MediaChild {
  readonly #options: MediaChildOptions;
  #host: MediaHost | undefined;
  #certificates: CertificatePair | undefined;
  #listener: IceUdpMuxListener | undefined;

  constructor(options: MediaChildOptions) {
    this.#options = options;
  }

  handle(request: ChildRequest): void {
    this.#run(request)
      .then((result) => tell({ id: request.id, ok: true, result }))
      .catch((error: unknown) => tell(replyOf(request.id, error)))
      .finally(() => {
        if (request.command === 'stop') setImmediate(() => this.end());
      });
  }

  /** Native threads keep the process alive, so it has to be told to end. */
  end(): void {
    this.#certificates?.remove();
    process.exit(0);
  }

  async #run(request: ChildRequest): Promise<CommandResults[keyof CommandResults]> {
    if (request.command === 'start') return this.#start(request);
    if (request.command === 'stop') return this.#stop();
    if (!this.#host) throw new MediaError('not-started', 'this media process has not been started');
    return this.#host.run(request);
  }

  async #start({ config }: Extract<ChildRequest, { command: 'start' }>): Promise<null> {
    await this.#holdWebRtcPort(config.webrtcPort, config.bindAddress);
    this.#certificates = new CertificatePair(systemClock.now());
    this.#host = new MediaHost({
      ...{ config, certificates: this.#certificates, attachments: this.#options.attachments },
      ...{ clock: systemClock, random: systemRandom, emit: tell },
    });
    return null;
  }

  /** Binds the port for as long as we live: between two calls nobody else may take it. */
  async #holdWebRtcPort(port: number, address: string): Promise<void> {
    const probe = await bindUdp(port, address);
    if (!probe) {
      const cure = 'end the other program or choose another base port';
      throw new MediaError('port-in-use', `the WebRTC media port UDP ${address}:${port} is in use; ${cure}`);
    }
    await new Promise<void>((closed) => probe.close(() => closed()));
    try {
      this.#listener = new ndc.IceUdpMuxListener(port, address);
      this.#listener.onUnhandledStunRequest((request) => void this.#host?.handleEarlyCheck(request.localUfrag));
    } catch (error) {
      throw new MediaError('port-in-use', `the WebRTC media port UDP ${address}:${port} cannot be bound`, {
        cause: error,
      });
    }
  }

  async #stop(): Promise<null> {
    await this.#host?.close();
    this.#host = undefined;
    this.#listener?.stop();
    this.#certificates?.remove();
    this.#certificates = undefined;
    return null;
  }
}

/** Errors that nobody handled, within a minute, after which the process is taken for broken. */
const maxErrors = 20;

/**
 * An attachment's socket or stream that throws where nobody catches it must not end the calls of this process: it is told to
 * the server, and the process goes on. When it happens again and again the process ends, and the server starts another.
 */
function goOnAfterErrors(): void {
  let times: number[] = [];
  const handle = (error: unknown) => {
    const now = systemClock.now();
    times = [...times.filter((at) => now - at < 60_000), now];
    tell({ event: 'process-error', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    if (times.length > maxErrors) process.exit(1);
  };
  process.on('uncaughtException', handle);
  process.on('unhandledRejection', handle);
}

/** Throws when the message holds what cannot be cloned. */
function tell(message: ChildMessage): void {
  if (!process.connected) return;
  process.send?.(message, undefined, undefined, () => {}); // A broken channel shows as 'disconnect'.
}

function replyOf(id: number, error: unknown): ChildReply {
  if (error instanceof MediaError) return { id, ok: false, problem: error.problem, message: error.message };
  return { id, ok: false, problem: 'internal', message: error instanceof Error ? error.message : String(error) };
}
