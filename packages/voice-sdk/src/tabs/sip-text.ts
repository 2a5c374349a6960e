// As much of SIP as is needed to pass messages between tabs: who a message belongs to, and the few that are written here.
// The engines at both ends parse and check; what cannot be read here is left to them.

/** What decides where a message goes. */
export interface SipHead {
  /** Of a request; undefined for a response. */
  method: string | undefined;
  /** Of a response. */
  status: number | undefined;
  callId: string;
  /** Method and number of CSeq. */
  cseqMethod: string;
  cseq: number;
  /** Branch of the topmost Via. */
  branch: string;
  toTag: string | undefined;
}

export function readHead(text: string): SipHead | undefined {
  const callId = fieldsOf(text, 'Call-ID', 'i')[0];
  const [, cseq = '', cseqMethod = ''] = /^(\d+)\s+(\S+)/.exec(fieldsOf(text, 'CSeq')[0] ?? '') ?? [];
  if (!callId || !cseqMethod) return undefined;
  const [, status, method] = /^(?:SIP\/2\.0 (\d{3})|([^\s]+) )/.exec(text) ?? [];
  return {
    method: status ? undefined : method,
    status: status ? Number(status) : undefined,
    callId,
    cseqMethod,
    cseq: Number(cseq),
    branch: parameter(fieldsOf(text, 'Via', 'v')[0] ?? '', 'branch') ?? '',
    toTag: parameter((fieldsOf(text, 'To', 't')[0] ?? '').replace(/^.*>/, ''), 'tag'),
  };
}

/**
 * The 200 to a tab's REGISTER: its own Contact, granted what it asked for (RFC 3261 §8.2.6.2, §10.3), and the STUN and TURN
 * servers that the server told when it registered the profile.
 */
export function grant(register: string, iceServers: readonly RTCIceServer[] = []): string {
  const expires = fieldsOf(register, 'Expires')[0] ?? '300';
  const contacts = isRemoval(register) ? [] : fieldsOf(register, 'Contact', 'm');
  return lines([
    'SIP/2.0 200 OK',
    ...fieldsOf(register, 'Via', 'v').map((via) => `Via: ${via}`),
    `From: ${fieldsOf(register, 'From', 'f')[0] ?? ''}`,
    `To: ${fieldsOf(register, 'To', 't')[0] ?? ''};tag=tabs`,
    `Call-ID: ${fieldsOf(register, 'Call-ID', 'i')[0] ?? ''}`,
    `CSeq: ${fieldsOf(register, 'CSeq')[0] ?? ''}`,
    ...contacts.map((contact) => `Contact: ${contact};expires=${expires}`),
    ...(iceServers.length > 0 ? [`X-Intermix-Ice-Servers: ${iceServers.map(iceServerText).join(', ')}`] : []),
  ]);
}

/** A REGISTER that takes its binding away, RFC 3261 §10.2.2. */
export function isRemoval(register: string): boolean {
  return fieldsOf(register, 'Expires')[0] === '0';
}

/** The same REGISTER as a question for the bindings that there are: it needs the same password, and changes none of them. */
export function withoutContacts(register: string): string {
  return register.replace(/^(?:Contact|m)[ \t]*:.*\r\n/gim, '');
}

/** As our server writes it, in the form of RFC 9725 §4.6. */
function iceServerText({ urls, username, credential }: RTCIceServer): string {
  return `<${urls}>${username ? `;username="${username}";credential="${credential}"` : ''}`;
}

/** The CANCEL of an INVITE, RFC 3261 §9.1; with `reason` as RFC 3326 has it. */
export function cancelOf(invite: string, reason?: string): string {
  return lines([...derived(invite, 'CANCEL'), ...(reason ? [`Reason: ${reason}`] : [])]);
}

/** The ACK of a response other than 2xx, in its INVITE's transaction. RFC 3261 §17.1.1.3. */
export function ackOf(invite: string, response: string): string {
  return lines(derived(invite, 'ACK', fieldsOf(response, 'To', 't')[0]));
}

/** ACK and BYE for a 2xx that came too late: each in a transaction of its own. */
export function endOf(invite: string, answer: string): string[] {
  const to = fieldsOf(answer, 'To', 't')[0];
  const number = Number.parseInt(fieldsOf(invite, 'CSeq')[0] ?? '1', 10);
  const ack = derived(invite, 'ACK', to, '-ack');
  const bye = derived(invite, 'BYE', to, '-bye').map((line) =>
    line.startsWith('CSeq:') ? `CSeq: ${number + 1} BYE` : line,
  );
  return [lines(ack), lines(bye)];
}

function derived(invite: string, method: string, to = fieldsOf(invite, 'To', 't')[0], branchEnd = ''): string[] {
  const uri = /^\S+ (\S+)/.exec(invite)?.[1] ?? '';
  const via = (fieldsOf(invite, 'Via', 'v')[0] ?? '').replace(/(branch=[^;,\s]+)/i, `$1${branchEnd}`);
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: ${via}`,
    'Max-Forwards: 70',
    `From: ${fieldsOf(invite, 'From', 'f')[0] ?? ''}`,
    `To: ${to ?? ''}`,
    `Call-ID: ${fieldsOf(invite, 'Call-ID', 'i')[0] ?? ''}`,
    `CSeq: ${Number.parseInt(fieldsOf(invite, 'CSeq')[0] ?? '1', 10)} ${method}`,
  ];
}

function lines(head: readonly string[]): string {
  return `${head.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`;
}

/** Values of a header field, by its long and its compact name (RFC 3261 §7.3.3), in order. */
function fieldsOf(text: string, name: string, compact = name): string[] {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const found = head.matchAll(new RegExp(`^(?:${name}|${compact})[ \\t]*:[ \\t]*(.*)$`, 'gim'));
  return [...found].map((match) => (match[1] ?? '').trim());
}

function parameter(value: string, name: string): string | undefined {
  return new RegExp(`;\\s*${name}\\s*=\\s*([^;,\\s]+)`, 'i').exec(value)?.[1];
}
