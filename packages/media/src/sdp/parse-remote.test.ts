import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SdpError } from '../errors.js';
import { pseudoRandomOctets } from '../rtp/testing-octets.js';
import { parseRemote } from './parse-remote.js';
import { readRemote } from './read-remote.js';
import { summarizeOffer } from './summarize-offer.js';

const sample = (name: string) => readFileSync(new URL(`../../testdata/${name}.sdp`, import.meta.url), 'utf8');
const plain = (...lines: string[]) => ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 't=0 0', ...lines, ''].join('\r\n');
const problemOf = (sdp: string) => {
  try {
    parseRemote(sdp);
    return 'none';
  } catch (error) {
    if (error instanceof SdpError) return error.problem;
    throw error;
  }
};

describe('summarizeOffer', () => {
  it('reads a browser', () => {
    expect(summarizeOffer(sample('chromium-offer'))).toEqual({
      codecs: ['opus', 'PCMU', 'PCMA'],
      direction: 'sendrecv',
      kind: 'webrtc',
      telephoneEvent: true,
    });
    expect(summarizeOffer(sample('firefox-offer')).codecs).toEqual(['opus', 'PCMU', 'PCMA']);
  });

  it('reads a carrier that gives no rtpmap for the static types', () => {
    expect(summarizeOffer(sample('carrier-offer'))).toEqual({
      codecs: ['PCMA', 'PCMU'],
      direction: 'sendrecv',
      kind: 'rtp',
      telephoneEvent: true,
    });
  });

  it.each([
    ['sendonly', 'sendonly'],
    ['sendrecv', 'sendonly'],
    ['recvonly', 'inactive'],
    ['inactive', 'inactive'],
  ])('takes %s at 0.0.0.0 for %s', (written, read) => {
    const sdp = plain('c=IN IP4 0.0.0.0', 'm=audio 4000 RTP/AVP 0', `a=${written}`);
    expect(summarizeOffer(sdp).direction).toBe(read);
  });

  it('does not take the 0.0.0.0 of a browser for a hold', () => {
    expect(summarizeOffer(sample('firefox-offer')).direction).toBe('sendrecv');
  });
});

describe('readRemote', () => {
  it('reads what it has just read no second time, and keeps a bounded number', () => {
    const offer = sample('carrier-offer');
    const read = readRemote(offer);
    expect(readRemote(offer)).toBe(read);
    for (let i = 0; i < 64; i++) readRemote(offer.replace('s=', `s=${i}`));
    expect(readRemote(offer)).not.toBe(read);
    expect(readRemote(offer)).toEqual(read);
  });
});

describe('parseRemote', () => {
  it('[P10] keeps UDP candidates of component 1 with an address only', () => {
    const { transport } = parseRemote(sample('chromium-offer'));
    expect(transport.kind === 'webrtc' && transport.candidates).toEqual([
      '605005828 1 UDP 2122194687 192.0.2.2 47172 typ host',
      '595444916 1 UDP 2122265343 fd00::2 36478 typ host',
      '3 1 UDP 1686052607 203.0.113.9 61000 typ srflx raddr 0.0.0.0 rport 0',
    ]);
  });

  it('takes fingerprint, setup and ICE from the session level too', () => {
    expect(parseRemote(sample('firefox-offer')).transport).toMatchObject({
      iceUfrag: '12345678',
      setup: 'actpass',
      fingerprint: expect.stringMatching(/^sha-256 D2:FA:/),
    });
  });

  it('takes c= and a=rtcp at the media level before the session', () => {
    const sdp = plain(
      'c=IN IP4 192.0.2.1',
      'm=audio 4000 RTP/AVPF 0',
      'c=IN IP4 192.0.2.2',
      'a=rtcp:4011 IN IP4 192.0.2.3',
    );
    expect(parseRemote(sdp).transport).toEqual({
      kind: 'rtp',
      address: '192.0.2.2',
      port: 4000,
      rtcpAddress: '192.0.2.3',
      rtcpPort: 4011,
      isHeld: false,
    });
  });

  it.each(['\n', '\r'])('reads lines that end in a bare %j', (end) => {
    expect(parseRemote(sample('carrier-offer').replaceAll('\r\n', end)).formats).toHaveLength(2);
  });

  it('reads an m= line with a number of ports, and an rtpmap without a clock as 8000', () => {
    const sdp = plain('c=IN IP4 192.0.2.1', 'm=audio 4000/2 RTP/AVP 96 97', 'a=rtpmap:96 PCMA', 'a=rtpmap:97 x/8000');
    expect(parseRemote(sdp)).toMatchObject({
      formats: [{ payloadType: 96, codec: 'PCMA' }],
      transport: { port: 4000, rtcpPort: 4001 },
    });
  });

  it('takes the payload type that a map gives to another codec for that codec', () => {
    const sdp = plain('c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0', 'a=rtpmap:0 G726-32/8000');
    expect(parseRemote(sdp).formats).toEqual([]);
  });

  it.each(['a=rtcp:0', 'a=rtcp:70000', 'a=rtcp:4011 IN IP4 example.com'])(
    'takes the next port for RTCP when %s cannot be used',
    (line) => {
      const { transport } = parseRemote(plain('c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0', line));
      expect(transport).toMatchObject({ rtcpAddress: '192.0.2.1', rtcpPort: 4001 });
    },
  );

  const ice = ['a=ice-ufrag:abcd', 'a=ice-pwd:0123456789012345678901'];
  const fingerprint = `a=fingerprint:sha-256 ${Array(32).fill('AA').join(':')}`;
  const audio = 'm=audio 4000 RTP/AVP 0';
  const webrtc = 'm=audio 9 UDP/TLS/RTP/SAVPF 0';
  const c = 'c=IN IP4 192.0.2.1';

  it.each([
    ['nothing', '', 'malformed'],
    ['no session', 'm=audio 1 RTP/AVP 0\r\n', 'malformed'],
    ['another version', plain(c, audio).replace('v=0', 'v=1'), 'malformed'],
    ['a line without a type', plain(c, audio, 'hello'), 'malformed'],
    ['an o= line cut short', plain(c, audio).replace('o=- 1 1 IN IP4 192.0.2.1', 'o=- 1'), 'malformed'],
    ['no o= line', plain(c, audio).replace('o=- 1 1 IN IP4 192.0.2.1\r\n', ''), 'malformed'],
    ['a port that is no number', plain(c, 'm=audio x RTP/AVP 0'), 'malformed'],
    ['a port too high', plain(c, 'm=audio 70000 RTP/AVP 0'), 'malformed'],
    ['an m= line without formats', plain(c, 'm=audio 4000 RTP/AVP'), 'malformed'],
    ['a broken c= line', plain('c=IN', audio), 'malformed'],
    ['no m= line', plain(c), 'no-audio'],
    ['video only', plain(c, 'm=video 4000 RTP/AVP 96'), 'no-audio'],
    ['audio with port 0', plain(c, 'm=audio 0 RTP/AVP 0'), 'rejected'],
    ['SDES', plain(c, 'm=audio 4000 RTP/SAVP 0'), 'unsupported-profile'],
    ['no c= line', plain(audio), 'bad-address'],
    ['a host name', plain('c=IN IP4 media.example.com', audio), 'bad-address'],
    ['multicast', plain('c=IN IP4 224.2.1.1', audio), 'bad-address'],
    ['no ICE', plain(c, webrtc, fingerprint), 'missing-ice'],
    ['a short password', plain(c, webrtc, fingerprint, 'a=ice-ufrag:abcd', 'a=ice-pwd:short'), 'missing-ice'],
    ['no fingerprint', plain(c, webrtc, ...ice), 'missing-fingerprint'],
    ['a broken fingerprint', plain(c, webrtc, ...ice, 'a=fingerprint:sha-256 xx:yy'), 'missing-fingerprint'],
    ['too much', plain(c, audio, ...Array(1001).fill('a=x')), 'too-large'],
    ['too many sections', plain(c, ...Array(33).fill(audio)), 'too-large'],
    ['far too much', plain(c, audio, `a=x:${'x'.repeat(70_000)}`), 'too-large'],
  ])('refuses %s', (_name, sdp, problem) => {
    expect(problemOf(sdp)).toBe(problem);
  });

  it('names the line', () => {
    expect(() => parseRemote(plain(c, 'm=audio x RTP/AVP 0'))).toThrow('line 6 "m=audio x RTP/AVP 0"');
  });

  it('throws nothing but SdpError when a description is cut or damaged anywhere', () => {
    for (const name of ['chromium-offer', 'carrier-offer', 'firefox-offer']) {
      const whole = sample(name);
      for (let length = 0; length < whole.length; length += 3) problemOf(whole.slice(0, length));
      for (let round = 0; round < 500; round++) {
        const damage = pseudoRandomOctets(round, 6);
        const at = damage.readUInt16BE(0) % whole.length;
        problemOf(whole.slice(0, at) + damage.toString('latin1', 2) + whole.slice(at + 3));
      }
    }
  });
});
