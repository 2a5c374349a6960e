import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Random } from '@intermix/kernel';
import { SimulatorError } from './errors.js';

/** Even ports from `min` to `max`; without one, whatever the system gives. */
export interface RtpPortRange {
  min: number;
  max: number;
}

/** Tries in the ephemeral range until an even port with a free neighbour turns up. */
const ephemeralTries = 50;

/** An even UDP port for RTP and the odd one above it for RTCP. RFC 3550 §11. */
export interface RtpSocketPair {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly port: number;
  close(): void;
}

/** Opens a pair at `host`. Rejects with SimulatorError `ports-exhausted`. */
export async function openRtpSocketPair(
  host: string,
  range: RtpPortRange | undefined,
  random: Random,
): Promise<RtpSocketPair> {
  for (const port of range ? evenPorts(range, random) : new Array<number>(ephemeralTries).fill(0)) {
    const pair = await tryPair(host, port);
    if (pair) return pair;
  }
  throw new SimulatorError('ports-exhausted', 'no free pair of RTP ports is left');
}

/** All even ports of the range, beginning anywhere, so that a port just closed is not the next one taken. */
function evenPorts({ min, max }: RtpPortRange, random: Random): number[] {
  const first = min + (min % 2);
  const count = Math.max(0, Math.floor((max - 1 - first) / 2) + 1);
  const start = Math.floor(random.fraction() * count);
  return Array.from({ length: count }, (_, i) => first + 2 * ((start + i) % count));
}

async function tryPair(host: string, wantedPort: number): Promise<RtpSocketPair | undefined> {
  const rtp = await bind(host, wantedPort);
  if (!rtp) return undefined;
  const { port } = rtp.address();
  const rtcp = port % 2 === 0 ? await bind(host, port + 1) : undefined;
  if (!rtcp) {
    rtp.close();
    return undefined;
  }
  return { rtp, rtcp, port, close: () => [rtp, rtcp].forEach(closeQuietly) };
}

async function bind(host: string, port: number): Promise<Socket | undefined> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.bind(port, host);
    await once(socket, 'listening');
    socket.on('error', () => undefined); // ICMP "port unreachable" of a peer that has gone: RTP does not care.
    return socket;
  } catch {
    closeQuietly(socket);
    return undefined;
  }
}

function closeQuietly(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // Closed before.
  }
}
