import { SdpError } from '../errors.js';

const maxOctets = 65_536;
const maxLines = 1000;
const maxSections = 32;

/** What stands before the first m= line, or one m= section. RFC 8866 §5. */
export interface SdpPart {
  /** The address of the c= line. */
  address: string | undefined;
  /** Values of `a=name:value` by name, in their order; empty ones of `a=name`. */
  attributes: Map<string, string[]>;
}

/** One m= section. */
export interface SdpSection extends SdpPart {
  type: string;
  port: number;
  protocol: string;
  /** As written, at least one. */
  formats: string[];
}

export interface SdpText {
  session: SdpPart;
  sections: SdpSection[];
}

/** The attribute's last value, up to the first blank; undefined when there is none. */
export function tokenOf(part: SdpPart, name: string): string | undefined {
  const value = part.attributes.get(name)?.at(-1);
  const end = value?.indexOf(' ') ?? -1;
  return end < 0 ? value : value?.slice(0, end);
}

/**
 * Splits a description into its parts and checks the shape of each line. One pass, as it runs several times for each
 * call. Throws SdpError, naming the line.
 */
export function readLines(sdp: string): SdpText {
  const lines = linesOf(sdp);
  const session: SdpPart = { address: undefined, attributes: new Map() };
  const sections: SdpSection[] = [];
  let part = session;
  let hasOrigin = false;
  for (const [index, line] of lines.entries()) {
    if (line[1] !== '=' || !isLowerCase(line)) throw malformed(line, index, 'is not of the form type=value');
    const type = line[0];
    if (type === 'a') addAttribute(part, line);
    else if (type === 'c') part.address = addressOf(line, index);
    else if (type === 'm') {
      if (sections.length === maxSections)
        throw new SdpError('too-large', `there are more than ${maxSections} m= lines`);
      const section = sectionOf(line, index);
      sections.push(section);
      part = section;
    } else if (type === 'o') {
      checkOrigin(line, index);
      hasOrigin = true;
    }
  }
  if (lines[0] !== 'v=0') throw new SdpError('malformed', `line 1 is ${quoted(lines[0] ?? '')}, not "v=0"`);
  if (!hasOrigin) throw new SdpError('malformed', 'there is no o= line');
  if (sections.length === 0) throw new SdpError('no-audio', 'there is no m= line');
  return { session, sections };
}

function linesOf(sdp: string): string[] {
  if (typeof sdp !== 'string' || sdp.length === 0) throw new SdpError('malformed', 'the session description is empty');
  if (sdp.length > maxOctets)
    throw new SdpError('too-large', `the session description is longer than ${maxOctets} octets`);
  const lines = splitLines(sdp);
  if (lines.length > maxLines)
    throw new SdpError('too-large', `the session description has more than ${maxLines} lines`);
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

/** By CRLF, or by a bare CR or LF. Not by one expression: that takes three times as long for the usual text. */
function splitLines(sdp: string): string[] {
  const lines = sdp.split('\r\n');
  return lines.some((line) => line.includes('\n') || line.includes('\r')) ? sdp.split(/\r\n|\r|\n/) : lines;
}

function isLowerCase(line: string): boolean {
  const code = line.charCodeAt(0);
  return code >= 0x61 && code <= 0x7a;
}

function addAttribute(part: SdpPart, line: string): void {
  const colon = line.indexOf(':');
  const name = colon < 0 ? line.slice(2).trimEnd() : line.slice(2, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1);
  const values = part.attributes.get(name);
  if (values) values.push(value);
  else part.attributes.set(name, [value]);
}

function addressOf(line: string, index: number): string {
  const address = /^c=IN IP[46] (\S+) *$/.exec(line)?.[1];
  if (address === undefined) throw malformed(line, index, 'is not "c=IN IP4 address"');
  return address;
}

function checkOrigin(line: string, index: number): void {
  if (!/^o=\S+ \S+ \S+ IN IP[46] \S+ *$/.test(line))
    throw malformed(line, index, 'is not "o=name id version IN IP4 address"');
}

function sectionOf(line: string, index: number): SdpSection {
  const words = line.slice(2).trimEnd().split(' ');
  const [type = '', port = '', protocol = '', ...formats] = words;
  const isWhole = /^[\w.+-]+$/.test(type) && /^\d{1,5}(\/\d+)?$/.test(port) && /^[\w/.+-]+$/.test(protocol);
  if (!isWhole || formats.length === 0 || formats.includes('')) {
    throw malformed(line, index, 'is not "m=media port profile formats"');
  }
  const number = Number.parseInt(port, 10);
  if (number > 65_535) throw malformed(line, index, 'has a port above 65535');
  return { type, port: number, protocol, formats, address: undefined, attributes: new Map() };
}

function malformed(line: string, index: number, complaint: string): SdpError {
  return new SdpError('malformed', `line ${index + 1} ${quoted(line)} ${complaint}`);
}

/** Shortens a line for an error message, without control characters. */
function quoted(line: string): string {
  return `"${line.slice(0, 80).replace(/[^ -~]/g, '?')}"`;
}
