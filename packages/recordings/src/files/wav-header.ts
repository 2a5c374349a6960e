const bytesPerSample = 2;
const sampleRate = 8000;

export const wavHeaderBytes = 44;

/** The header of a WAV file of linear PCM, 16 bit, 8 kHz. */
export function wavHeader(channels: 1 | 2, dataBytes: number): Buffer {
  const header = Buffer.alloc(wavHeaderBytes);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(wavHeaderBytes - 8 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // Linear PCM.
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * channels * bytesPerSample, 28);
  header.writeUInt16LE(channels * bytesPerSample, 32);
  header.writeUInt16LE(8 * bytesPerSample, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

/** Channels that a header of ours names; undefined when it is none. */
export function wavChannels(header: Buffer): 1 | 2 | undefined {
  if (header.length < wavHeaderBytes || header.toString('latin1', 8, 16) !== 'WAVEfmt ') return undefined;
  const channels = header.readUInt16LE(22);
  return channels === 1 || channels === 2 ? channels : undefined;
}

/** Milliseconds that so much data plays. */
export function wavMs(channels: 1 | 2, dataBytes: number): number {
  return Math.round(dataBytes / (channels * bytesPerSample * (sampleRate / 1000)));
}
