/** Octets in front of the samples of a file that we write. */
const headerBytes = 44;
/** Rate of every file that is played into a call. */
export const playedRateHz = 8_000;

/** A WAV file that the media engine plays: 8 kHz, mono, 16 bit PCM. */
export function wavFileOf(samples: Int16Array): Buffer {
  const file = Buffer.alloc(headerBytes + samples.length * 2);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(playedRateHz, 24);
  file.writeUInt32LE(playedRateHz * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(samples.length * 2, 40);
  for (let index = 0; index < samples.length; index++) file.writeInt16LE(samples[index] ?? 0, headerBytes + index * 2);
  return file;
}

/** Milliseconds that a file of ours plays, by its size. */
export function playedMs(fileBytes: number): number {
  return Math.round((Math.max(0, fileBytes - headerBytes) / 2 / playedRateHz) * 1000);
}
