import { systemClock, systemRandom } from '@intermix/kernel';
import ndc, { type IceUdpMuxListener } from 'node-datachannel';
import { MediaError } from '../../errors.js';
import type { ChildMessage, ChildReply, ChildRequest, CommandResults } from '../messages.js';
import { CertificatePair } from './certificate.js';
import { MediaHost } from './media-host.js';
import { bindUdp } from './port-range.js';

// A media process. Forked by the engine and spoken to over IPC; ends when the server does.
// libdatachannel lives in a process and never in a worker thread: it aborts the whole process there.

let host: MediaHost | undefined;
let certificates: CertificatePair | undefined;
let listener: IceUdpMuxListener | undefined;

function tell(message: ChildMessage): void {
  if (!process.connected) return;
  process.send?.(message, undefined, undefined, () => {}); // A broken channel shows as 'disconnect'.
}

async function run(request: ChildRequest): Promise<CommandResults[keyof CommandResults]> {
  if (request.command === 'start') return start(request);
  if (request.command === 'stop') return stop();
  if (!host) throw new MediaError('not-started', 'this media process has not been started');
  return host.run(request);
}

async function start({ config }: Extract<ChildRequest, { command: 'start' }>): Promise<null> {
  await holdWebRtcPort(config.webrtcPort, config.bindAddress);
  certificates = new CertificatePair(systemClock.now());
  host = new MediaHost({ config, certificates, clock: systemClock, random: systemRandom, emit: tell });
  return null;
}

/** Binds the port for as long as we live: between two calls nobody else may take it. */
async function holdWebRtcPort(port: number, address: string): Promise<void> {
  const probe = await bindUdp(port, address);
  if (!probe) {
    const cure = 'end the other program or choose another base port';
    throw new MediaError('port-in-use', `the WebRTC media port UDP ${address}:${port} is in use; ${cure}`);
  }
  await new Promise<void>((closed) => probe.close(() => closed()));
  try {
    listener = new ndc.IceUdpMuxListener(port, address);
    listener.onUnhandledStunRequest((request) => void host?.handleEarlyCheck(request.localUfrag));
  } catch (error) {
    throw new MediaError('port-in-use', `the WebRTC media port UDP ${address}:${port} cannot be bound`, {
      cause: error,
    });
  }
}

async function stop(): Promise<null> {
  await host?.close();
  host = undefined;
  listener?.stop();
  certificates?.remove();
  certificates = undefined;
  return null;
}

function replyOf(id: number, error: unknown): ChildReply {
  if (error instanceof MediaError) return { id, ok: false, problem: error.problem, message: error.message };
  return { id, ok: false, problem: 'internal', message: error instanceof Error ? error.message : String(error) };
}

/** Native threads keep the process alive, so it has to be told to end. */
function end(): void {
  certificates?.remove();
  process.exit(0);
}

process.on('message', (request: ChildRequest) => {
  run(request)
    .then((result) => tell({ id: request.id, ok: true, result }))
    .catch((error: unknown) => tell(replyOf(request.id, error)))
    .finally(() => {
      if (request.command === 'stop') setImmediate(end);
    });
});
process.on('disconnect', end);
// The terminal signals the whole group; the server decides when media ends, and tells us.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
