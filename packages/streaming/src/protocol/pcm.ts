import { endianness } from 'node:os';

// Audio of the stream protocol: signed 16 bit linear PCM, little-endian, mono.

const isLittleEndian = endianness() === 'LE';

/** The samples of an even number of octets; shares their memory where it can. */
export function samplesOf(octets: Buffer): Int16Array {
  const aligned = octets.byteOffset % 2 === 0 ? octets : Buffer.from(octets); // A copy has a memory of its own, or an even place.
  const samples = new Int16Array(aligned.buffer, aligned.byteOffset, aligned.length >> 1);
  return isLittleEndian ? samples : swapped(samples);
}

/** The octets of samples; shares their memory where it can. */
export function octetsOf(samples: Int16Array): Buffer {
  const ordered = isLittleEndian ? samples : swapped(samples);
  return Buffer.from(ordered.buffer, ordered.byteOffset, ordered.byteLength);
}

function swapped(samples: Int16Array): Int16Array {
  return samples.map((sample) => ((sample & 0xff) << 8) | ((sample >> 8) & 0xff));
}
