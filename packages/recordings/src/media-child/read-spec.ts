import { isAbsolute } from 'node:path';
import { MediaError } from '@intermix/media';
import type { RecordingSpec } from '../files/recording-spec.js';

const formats = ['mp3', 'mp3-hq', 'wav'];

/** Checks an order that came from the server. Throws MediaError (`bad-argument`). */
export function readSpec(spec: unknown): RecordingSpec {
  const order = (spec ?? {}) as Partial<Record<string, unknown>>;
  if (order.do === 'tone') {
    const { everySec } = order;
    if (everySec === undefined || (typeof everySec === 'number' && everySec >= 1)) return { do: 'tone', everySec };
  }
  const { path, format, channels, pausedAs, heldAs } = order;
  const isRecord =
    order.do === 'record' &&
    typeof path === 'string' &&
    isAbsolute(path) &&
    formats.includes(String(format)) &&
    (channels === 'single' || channels === 'dual') &&
    (pausedAs === 'silence' || pausedAs === 'cut') &&
    (heldAs === 'silence' || heldAs === 'sound');
  if (isRecord) return spec as RecordingSpec;
  throw new MediaError('bad-argument', 'this is no order for a recording');
}
