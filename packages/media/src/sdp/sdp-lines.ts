import { SdpError } from '../errors.js';

const maxOctets = 65_536;
const maxLines = 1000;
const maxSections = 32;

/** Shortens a line for an error message, without control characters. */
export function quoted(line: string): string {
  return `"${line.replace(/[^ -~]/g, '?').slice(0, 80)}"`;
}

/**
 * Checks the shape of a description line by line before sdp-transform reads it, as that one skips what it does not
 * understand. Throws SdpError, naming the line.
 */
export function checkLines(sdp: string): void {
  if (typeof sdp !== 'string' || sdp.length === 0) throw new SdpError('malformed', 'the session description is empty');
  if (sdp.length > maxOctets)
    throw new SdpError('too-large', `the session description is longer than ${maxOctets} octets`);
  const lines = sdp.split(/\r\n|\r|\n/);
  if (lines.length > maxLines)
    throw new SdpError('too-large', `the session description has more than ${maxLines} lines`);
  while (lines.at(-1) === '') lines.pop();
  lines.forEach(checkLine);
  if (lines[0] !== 'v=0') throw new SdpError('malformed', `line 1 is ${quoted(lines[0] ?? '')}, not "v=0"`);
  if (!lines.some((line) => line.startsWith('o='))) throw new SdpError('malformed', 'there is no o= line');
  const sections = lines.filter((line) => line.startsWith('m=')).length;
  if (sections === 0) throw new SdpError('no-audio', 'there is no m= line');
  if (sections > maxSections) throw new SdpError('too-large', `there are ${sections} m= lines`);
}

function checkLine(line: string, index: number): void {
  const where = `line ${index + 1} ${quoted(line)}`;
  if (!/^[a-z]=/.test(line)) throw new SdpError('malformed', `${where} is not of the form type=value`);
  if (line.startsWith('o=') && !/^o=\S+ \S+ \S+ IN IP[46] \S+ *$/.test(line)) {
    throw new SdpError('malformed', `${where} is not "o=name id version IN IP4 address"`);
  }
  if (line.startsWith('c=') && !/^c=IN IP[46] \S+ *$/.test(line)) {
    throw new SdpError('malformed', `${where} is not "c=IN IP4 address"`);
  }
  if (!line.startsWith('m=')) return;
  const port = /^m=[\w.+-]+ (\d{1,5})(?:\/\d+)? [\w/.+-]+(?: \S+)+ *$/.exec(line)?.[1];
  if (port === undefined) throw new SdpError('malformed', `${where} is not "m=media port profile formats"`);
  if (Number(port) > 65_535) throw new SdpError('malformed', `${where} has a port above 65535`);
}
