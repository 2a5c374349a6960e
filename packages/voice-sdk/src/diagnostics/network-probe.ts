import type { Platform } from '../platform.js';

/** What is asked of the network, in the order in which a page is told. `relay` only where there is a TURN server. */
export type NetworkKey = 'udp' | 'tcp' | 'ipv6' | 'host' | 'srflx' | 'relay';

export interface NetworkFinding {
  /** Candidates that prove it; none: it does not work. */
  lines: string[];
  /** What the STUN or TURN server answered where there is no candidate, for instance `401 Unauthorized`; empty when unknown. */
  reason: string;
}

export type NetworkFindings = ReadonlyMap<NetworkKey, NetworkFinding>;

export interface NetworkProbe {
  readonly findings: Promise<NetworkFindings>;
  /** Closes the connection; `findings` settle with what there is. */
  stop(): void;
}

export function networkKeys(iceServers: readonly RTCIceServer[]): NetworkKey[] {
  const keys: NetworkKey[] = ['udp', 'tcp', 'ipv6', 'host', 'srflx'];
  return serves(iceServers, /^turns?:/) ? [...keys, 'relay'] : keys;
}

/** Gathers candidates as a call would, for at most `limitMs` milliseconds. Never rejects. */
export function probeNetwork(platform: Platform, iceServers: RTCIceServer[], limitMs: number): NetworkProbe {
  const lines: string[] = [];
  const errors: ServerError[] = [];
  let stop = () => {};
  const findings = new Promise<NetworkFindings>((resolve) => {
    let connection: RTCPeerConnection | undefined;
    const done = (isComplete: boolean) => {
      timer.cancel();
      connection?.close();
      // Where no NAT lies between, the STUN server saw a host candidate's own address, and browsers do not list it twice.
      const isSeen = isComplete && errors.length === 0 && serves(iceServers, /^stuns?:/);
      resolve(sorted(lines, networkKeys(iceServers), isSeen, errors));
    };
    const timer = platform.clock.schedule(limitMs, () => done(false));
    stop = () => done(false);
    try {
      connection = platform.createPeerConnection({ iceServers });
      connection.addEventListener('icecandidateerror', (error) => {
        errors.push(error as RTCPeerConnectionIceErrorEvent);
      });
      connection.addEventListener('icecandidate', ({ candidate }) => {
        if (!candidate) done(true);
        else if (candidate.candidate) lines.push(candidate.candidate);
      });
      connection.addTransceiver('audio', { direction: 'recvonly' });
      const gathering = connection;
      gathering
        .createOffer()
        .then((offer) => gathering.setLocalDescription(offer))
        .catch(() => done(false));
    } catch {
      done(false); // No WebRTC here, or too many connections in this page.
    }
  });
  return { findings, stop: () => stop() };
}

function serves(iceServers: readonly RTCIceServer[], scheme: RegExp): boolean {
  return iceServers.some(({ urls }) => [urls].flat().some((url) => scheme.test(url)));
}

type ServerError = Partial<Pick<RTCPeerConnectionIceErrorEvent, 'url' | 'errorCode' | 'errorText'>>;

function sorted(
  lines: readonly string[],
  keys: readonly NetworkKey[],
  isSeen: boolean,
  errors: readonly ServerError[],
): NetworkFindings {
  const findings = new Map<NetworkKey, NetworkFinding>(
    keys.map((key) => [key, { lines: [], reason: reasonOf(key, errors) }]),
  );
  for (const line of lines) {
    const [, , protocol = '', , address = '', , , type = ''] = line.split(' ');
    const proves = [protocol.toLowerCase(), type, ...(address.includes(':') ? ['ipv6'] : [])];
    for (const key of proves) findings.get(key as NetworkKey)?.lines.push(line);
  }
  const open = lines.find((line) => / udp .* typ host/i.test(line) && !line.includes('.local '));
  const srflx = findings.get('srflx');
  if (isSeen && open && srflx?.lines.length === 0) srflx.lines.push(open);
  return findings;
}

/** A server's own answer says more than 701, the browser's word for a server that it did not reach from one of its addresses. */
function reasonOf(key: NetworkKey, errors: readonly ServerError[]): string {
  if (key !== 'srflx' && key !== 'relay') return '';
  const scheme = key === 'relay' ? /^turns?:/ : /^stuns?:/;
  const own = errors.filter(({ url }) => scheme.test(url ?? ''));
  const error = own.find(({ errorCode = 0 }) => errorCode < 700) ?? own[0];
  return error ? `${error.errorCode} ${error.errorText} (${error.url})` : '';
}
