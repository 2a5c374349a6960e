import { isIP } from 'node:net';
import { availableParallelism, networkInterfaces } from 'node:os';
import { MediaError } from '../errors.js';
import type { EmbeddedEngineOptions } from '../types.js';
import type { ChildConfig } from './messages.js';

const defaultSilenceMs = 20_000;

/** One configuration for each process: its own WebRTC port and its own slice of the RTP range. Throws MediaError. */
export function childConfigs(options: EmbeddedEngineOptions): ChildConfig[] {
  const { announcedAddress, webrtcPort, silenceAfterMs = defaultSilenceMs } = options;
  if (isIP(announcedAddress) === 0) {
    throw new MediaError('bad-argument', `the announced media address "${announcedAddress}" is not an IP address`);
  }
  const count = options.processes ?? Math.max(1, availableParallelism() - 1);
  const bindAddress = options.bindAddress ?? defaultBindAddress(announcedAddress);
  const slices = sliceRange(options.rtpPortMin, options.rtpPortMax, count);
  return slices.map(({ first, last }, index) => ({
    announcedAddress,
    bindAddress,
    webrtcPort: webrtcPort + index,
    rtpPortMin: first,
    rtpPortMax: last,
    silenceAfterMs,
  }));
}

function sliceRange(min: number, max: number, count: number): { first: number; last: number }[] {
  const first = min + (min % 2);
  const pairsEach = Math.floor((max + 1 - first) / 2 / count);
  if (!Number.isInteger(pairsEach) || pairsEach < 1 || min < 1 || max > 65_535) {
    throw new MediaError('bad-argument', `the RTP range ${min}-${max} has no port pair for each of ${count} processes`);
  }
  return Array.from({ length: count }, (_, index) => {
    const start = first + index * pairsEach * 2;
    return { first: start, last: start + pairsEach * 2 - 1 };
  });
}

/** Where to listen, given the address that is announced: a public one behind NAT is not ours to bind. */
export function defaultBindAddress(announced: string): string {
  const local = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const isLocal = announced.startsWith('127.') || local.some((each) => each.address === announced);
  if (isLocal) return announced;
  return isIP(announced) === 6 ? '::' : '0.0.0.0';
}
