import type { Platform } from '../platform.js';

/** What is asked of the network, in the order in which a page is told. `relay` only where there is a TURN server. */
export type NetworkKey = 'udp' | 'tcp' | 'ipv6' | 'host' | 'srflx' | 'relay';

/** Candidate lines by what they prove; none: it does not work. */
export type NetworkFindings = ReadonlyMap<NetworkKey, readonly string[]>;

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
  let stop = () => {};
  const findings = new Promise<NetworkFindings>((resolve) => {
    let hasError = false;
    let connection: RTCPeerConnection | undefined;
    const done = (isComplete: boolean) => {
      timer.cancel();
      connection?.close();
      // Where no NAT lies between, the STUN server saw a host candidate's own address, and browsers do not list it twice.
      const isSeen = isComplete && !hasError && serves(iceServers, /^stuns?:/);
      resolve(sorted(lines, networkKeys(iceServers), isSeen));
    };
    const timer = platform.clock.schedule(limitMs, () => done(false));
    stop = () => done(false);
    try {
      connection = platform.createPeerConnection({ iceServers });
      connection.addEventListener('icecandidateerror', () => {
        hasError = true;
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

function sorted(lines: readonly string[], keys: readonly NetworkKey[], isSeen: boolean): NetworkFindings {
  const findings = new Map<NetworkKey, string[]>(keys.map((key) => [key, []]));
  for (const line of lines) {
    const [, , protocol = '', , address = '', , , type = ''] = line.split(' ');
    const proves = [protocol.toLowerCase(), type, ...(address.includes(':') ? ['ipv6'] : [])];
    for (const key of proves) findings.get(key as NetworkKey)?.push(line);
  }
  const open = lines.find((line) => / udp .* typ host/i.test(line) && !line.includes('.local '));
  if (isSeen && open && findings.get('srflx')?.length === 0) findings.set('srflx', [open]);
  return findings;
}
