// MPEG-2.5 layer III at 8 kHz, as our encoder writes it: frames of 576 samples and, at a constant bit rate, of one size.
//
//   | Info frame, silent: how many frames follow, encoder delay, padding | frame | frame | …
//
// The Info frame is LAME's: players cut the encoder's delay off by it, so that a recording begins and ends where the call did.

const samplesPerFrame = 576;
const headerBytes = 4;
/** Samples that LAME puts before the first of ours, and those that every decoder adds. */
const encoderDelay = 576;
const decoderDelay = 529;
/** kbit/s by the header's index, ISO 13818-3 table 3-B.1 for layer III; 0 and 15 are not for files. */
const bitRates = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const sampleRate = 8000;

export interface Mp3Shape {
  kbps: number;
  channels: 1 | 2;
}

const bytesOfFrame = (kbps: number): number => (samplesPerFrame / 8) * ((kbps * 1000) / sampleRate);

/**
 * The frame before all others. `samples`: how many of ours the frames hold; undefined when that is not known, as after a
 * crash: then everything that was decoded is heard.
 */
export function infoFrame(shape: Mp3Shape, frames: number, samples?: number): Buffer {
  const frame = Buffer.alloc(bytesOfFrame(shape.kbps));
  const rate = bitRates.indexOf(shape.kbps);
  frame.set([0xff, 0xe3, (rate << 4) | 0x08, shape.channels === 1 ? 0xc4 : 0x44]);
  const at = headerBytes + (shape.channels === 1 ? 9 : 17);
  frame.write('Info', at, 'latin1');
  frame.writeUInt32BE(0x3, at + 4); // What follows: the number of frames, and of octets.
  frame.writeUInt32BE(frames, at + 8);
  frame.writeUInt32BE((frames + 1) * frame.length, at + 12);
  frame.write('LAME3.100', at + 16, 'latin1');
  const padding = samples === undefined ? decoderDelay : frames * samplesPerFrame - encoderDelay - samples;
  const bounded = Math.max(0, Math.min(padding, 0xfff));
  frame.writeUIntBE((encoderDelay << 12) | bounded, at + 16 + 21, 3);
  return frame;
}

/** How long the frames are heard, milliseconds, when `infoFrame` was written without a number of samples. */
export function heardMs(frames: number): number {
  return Math.max(0, Math.round((frames * samplesPerFrame - encoderDelay - decoderDelay) / 8));
}

/** Reads a frame's header; undefined when it is none of ours. */
export function readFrameHeader(bytes: Uint8Array, at: number): (Mp3Shape & { bytes: number }) | undefined {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes.subarray(at, at + headerBytes);
  const kbps = bitRates[third >> 4];
  if (first !== 0xff || second !== 0xe3 || (third & 0x0c) !== 0x08 || !kbps) return undefined;
  return { kbps, channels: fourth >> 6 === 3 ? 1 : 2, bytes: bytesOfFrame(kbps) + ((third >> 1) & 1) };
}
