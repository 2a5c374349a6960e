import { create, icon } from './dom.js';

export type CheckResult = 'waiting' | 'good' | 'note' | 'bad';

/** What a check found: in words, and what helps where something is wrong. */
export interface Finding {
  result: CheckResult;
  text: string;
  cure?: string;
}

/** Order and names of the checks. */
export const checkNames = {
  browserVersion: 'Browser',
  mic: 'Microphone',
  speaker: 'Speaker',
  wss: 'Connection to the server',
  userReg: 'Registration',
  udp: 'Sound by UDP',
  host: 'Local network address',
  srflx: 'Public address',
  relay: 'Relay (TURN)',
  tcp: 'Sound by TCP',
  ipv6: 'IPv6',
} as const;

export type CheckName = keyof typeof checkNames;

/** What it means that a network check gave nothing; `note` where calls work without it. */
const missing: Partial<Record<CheckName, Finding>> = {
  udp: {
    result: 'bad',
    text: 'Blocked',
    cure: 'Calls would have no sound. Ask your network’s people to let UDP out to this server, or to offer a TURN relay.',
  },
  host: {
    result: 'bad',
    text: 'None',
    cure: 'The browser has no network of its own. Switch off extensions that hide addresses, then check again.',
  },
  srflx: {
    result: 'note',
    text: 'Not found',
    cure: 'The server’s STUN port cannot be reached. Most calls work without it.',
  },
  relay: { result: 'bad', text: 'Not reachable', cure: 'Ask your network’s people to let the TURN relay through.' },
  tcp: { result: 'note', text: 'Not offered', cure: 'Not needed while UDP works.' },
  ipv6: { result: 'note', text: 'Not there', cure: 'Not needed.' },
};

/** A key and value of the SDK's diagnostics in words. Undefined for a key that has no row. */
export function findingOf(key: string, status: string, description: string): Finding | undefined {
  const name = key as CheckName;
  if (!(name in checkNames)) return undefined;
  if (status === 'waiting') return { result: 'waiting', text: 'Looking…' };
  switch (name) {
    case 'browserVersion':
      return { result: 'good', text: description };
    case 'wss':
      return status === 'connected'
        ? { result: 'good', text: description }
        : {
            result: 'bad',
            text: 'No connection',
            cure: 'Check that the server runs and that your network lets WebSockets through.',
          };
    case 'userReg':
      return registration(status, description);
    default:
      if (status === 'connected') return { result: 'good', text: addressOf(description) };
      return name === 'relay' && /^4\d\d /.test(description) ? refusedRelay(description) : missing[name];
  }
}

function registration(status: string, userName: string): Finding {
  if (status === 'registered') return { result: 'good', text: userName };
  if (status === 'sent_request') return { result: 'waiting', text: 'Asked…' };
  return { result: 'bad', text: 'Not registered', cure: 'Go online. Nobody can reach this page until it is.' };
}

/** The relay answers and does not want us: nothing is wrong with the network. */
function refusedRelay(answer: string): Finding {
  const cure = 'The TURN server refuses the credentials. Its secret and INTERMIX_TURN_SECRET must be the same.';
  return { result: 'bad', text: answer, cure };
}

/** Address and port of an ICE candidate line; RFC 8839 section 5.1. */
function addressOf(candidate: string): string {
  const [, , , , address, port] = candidate.split(' ');
  return address && port ? `${address} port ${port}` : candidate;
}

/** What all of it comes to. */
export function verdictOf(findings: Iterable<Finding>): { result: 'good' | 'bad'; text: string } {
  const bad = [...findings].filter(({ result }) => result === 'bad').length;
  if (bad === 0) return { result: 'good', text: 'All is well: this page can call and be called.' };
  return { result: 'bad', text: bad === 1 ? 'One thing needs attention.' : `${bad} things need attention.` };
}

/** Average level of the SDK's tests that fills the bar; they count to 255. */
const FULL_LEVEL = 90;

/**
 * How full the bar of a device's test stands, 0 to 1. The level is an average over the whole spectrum, to which a
 * whistle or a test tone, however loud, gives no more than 5: by the root the bar is seen to move for that too.
 */
export function barOf(level: number): number {
  return Math.min(1, Math.sqrt(Math.max(0, level) / FULL_LEVEL));
}

const resultNames: Record<CheckResult, string> = { waiting: 'Running', good: 'Good', note: 'Note', bad: 'Problem' };

/** A row of the list; `more` stands below it. */
export function checkRow(name: CheckName, { result, text, cure }: Finding, more?: HTMLElement): HTMLElement {
  const mark = create('span', { class: 'check-mark' }, icon(result));
  mark.append(create('span', { class: 'hidden-text' }, resultNames[result]));
  const row = create(
    'li',
    { class: 'check-row', 'data-check': name, 'data-testid': `check-${name}`, 'data-result': result },
    mark,
    create('div', { class: 'check-text' }, create('b', {}, checkNames[name]), create('span', {}, text)),
  );
  if (cure) row.append(create('p', { class: 'check-cure' }, cure));
  if (more) row.append(more);
  return row;
}
