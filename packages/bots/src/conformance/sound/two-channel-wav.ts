import { closeSync, openSync, writeSync } from 'node:fs';

const headerOctets = 44;
/** Two seconds of two channels at 8 kHz: the disk is asked now and then, not fifty times a second. */
const gatheredOctets = 65_536;

/** Where both sides' sound goes, 20 ms at a time. Pieces of one call have the same length. */
export interface CallAudio {
  /** Told once, before anything else. */
  open(sampleRate: number): void;
  write(caller: Int16Array, bot: Int16Array): void;
  close(): void;
}

/** A WAV file that is written as the call goes on: left what the caller says, right what it hears of the bot. Throws what the disk says. */
export class TwoChannelWav implements CallAudio {
  readonly #path: string;
  readonly #maxOctets: number;
  #descriptor: number | undefined;
  #sampleRate = 8000;
  #gathered: Buffer[] = [];
  #waiting = 0;
  #written = 0;

  /** `maxOctets`: beyond it nothing more is kept. */
  constructor(path: string, { maxOctets = 1_000_000_000 }: { maxOctets?: number } = {}) {
    this.#path = path;
    this.#maxOctets = maxOctets;
  }

  open(sampleRate: number): void {
    this.#sampleRate = sampleRate;
    this.#descriptor = openSync(this.#path, 'w', 0o600);
    writeSync(this.#descriptor, this.#header(), 0, headerOctets, 0);
  }

  write(caller: Int16Array, bot: Int16Array): void {
    const piece = Buffer.alloc(caller.length * 4);
    if (this.#written + this.#waiting + piece.length > this.#maxOctets) return;
    for (let index = 0; index < caller.length; index++) {
      piece.writeInt16LE(caller[index] ?? 0, index * 4);
      piece.writeInt16LE(bot[index] ?? 0, index * 4 + 2);
    }
    this.#gathered.push(piece);
    this.#waiting += piece.length;
    if (this.#waiting >= gatheredOctets) this.#flush();
  }

  /** May be called twice, and without `open`. */
  close(): void {
    if (this.#descriptor === undefined) return;
    this.#flush();
    writeSync(this.#descriptor, this.#header(), 0, headerOctets, 0);
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #flush(): void {
    if (this.#descriptor === undefined) return;
    const octets = Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#waiting = 0;
    for (let done = 0; done < octets.length; )
      done += writeSync(this.#descriptor, octets, done, octets.length - done, headerOctets + this.#written + done);
    this.#written += octets.length;
  }

  #header(): Buffer {
    const header = Buffer.alloc(headerOctets);
    header.write('RIFF', 0, 'latin1');
    header.writeUInt32LE(headerOctets - 8 + this.#written, 4);
    header.write('WAVEfmt ', 8, 'latin1');
    header.writeUInt32LE(16, 16);
    header.writeUInt16LE(1, 20);
    header.writeUInt16LE(2, 22);
    header.writeUInt32LE(this.#sampleRate, 24);
    header.writeUInt32LE(this.#sampleRate * 4, 28);
    header.writeUInt16LE(4, 32);
    header.writeUInt16LE(16, 34);
    header.write('data', 36, 'latin1');
    header.writeUInt32LE(this.#written, 40);
    return header;
  }
}
