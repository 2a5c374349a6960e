import { SpeechError } from '../speech-error.js';
import { firstMp3Frame } from './mp3-frame.js';

/** Kinds of audio files that can be read. */
export type AudioKind = 'wav' | 'mp3';

/** What people upload in place of WAV or MP3, by their first octets. */
const strangers: ReadonlyArray<readonly [offset: number, mark: string, name: string]> = [
  [0, 'OggS', 'Ogg'],
  [0, 'fLaC', 'FLAC'],
  [0, 'RF64', 'RF64'],
  [0, 'RIFX', 'RIFX (big-endian WAV)'],
  [0, 'FORM', 'AIFF'],
  [0, '.snd', 'Sun audio'],
  [0, '#!AMR', 'AMR'],
  [0, '\x1aE\xdf\xa3', 'WebM or Matroska'],
  [4, 'ftyp', 'MP4 or M4A'],
];

/** Tells from the octets, never from a name or a media type, what the file is. Throws SpeechError. */
export function audioKind(bytes: Buffer): AudioKind {
  if (bytes.length === 0) throw new SpeechError('not-audio', 'The file is empty.');
  const head = bytes.toString('latin1', 0, 512);
  if (head.startsWith('RIFF')) return wavOrStranger(head);
  for (const [offset, mark, name] of strangers)
    if (head.startsWith(mark, offset)) throw new SpeechError('unsupported-format', `This is ${name}; give WAV or MP3.`);
  refuseText(head);
  if (firstMp3Frame(bytes) !== undefined) return 'mp3';
  throw new SpeechError('not-audio', 'This is not audio: neither WAV nor MP3 begins like that.');
}

function wavOrStranger(head: string): AudioKind {
  if (head.length < 12) throw new SpeechError('damaged', 'The WAV file ends within its header.');
  if (head.startsWith('WAVE', 8)) return 'wav';
  throw new SpeechError('not-audio', 'This is a RIFF file, but not a WAV file.');
}

function refuseText(head: string): void {
  const text = head.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/^<(!doctype\s+html|html|head|body)\b/i.test(text))
    throw new SpeechError('not-audio', 'This is a web page, not audio. Give the address of the file itself.');
  if (/^<\?xml|^<[a-z]/i.test(text)) throw new SpeechError('not-audio', 'This is XML or HTML, not audio.');
  if (/^[{[]\s*["{[\]}\d]/.test(text)) throw new SpeechError('not-audio', 'This is JSON, not audio.');
}
