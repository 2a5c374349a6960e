import { readFileSync } from 'node:fs';
import { systemRandom } from '@intermix/kernel';
import { parse, write } from 'sdp-transform';
import { describe, expect, it } from 'vitest';
import type { LegKind, MediaDirection } from '../types.js';
import type { LocalTransport } from './descriptions.js';
import { LegDescription } from './leg-description.js';

const sample = (name: string) => readFileSync(new URL(`../../testdata/${name}.sdp`, import.meta.url), 'utf8');
const transports: Record<LegKind, LocalTransport> = {
  rtp: { kind: 'rtp', address: '203.0.113.1', port: 30_000 },
  webrtc: {
    kind: 'webrtc',
    address: '203.0.113.1',
    port: 40_000,
    iceUfrag: 'ourUfrag',
    icePwd: 'ourPasswordOurPassword12',
    fingerprint: 'sha-256 AB:CD',
  },
};
const make = (kind: LegKind) => new LegDescription({ transport: transports[kind], random: systemRandom });
const linesOf = (sdp: string, prefix: string) => sdp.split('\r\n').filter((line) => line.startsWith(prefix));
const versionOf = (sdp: string) => Number(/^o=- \d+ (\d+) /m.exec(sdp)?.[1]);
const idOf = (sdp: string) => /^o=- (\d+) /m.exec(sdp)?.[1];

function answerTo(leg: LegDescription, sdp: string, options?: Parameters<LegDescription['answer']>[1]) {
  return leg.answer(leg.read(sdp), options);
}

const carrier = (direction: MediaDirection = 'sendrecv', formats = '0 8 101', address = '192.0.2.1') =>
  [
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.1',
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio 4000 RTP/AVP ${formats}`,
    'a=rtpmap:101 telephone-event/8000',
    `a=${direction}`,
    '',
  ].join('\r\n');

describe('answer to a browser', () => {
  it('says all that WebRTC needs and nothing of its extensions or SSRC [P3, P4, P6]', () => {
    const { sdp } = answerTo(make('webrtc'), sample('chromium-offer'));
    expect(linesOf(sdp, 'm=')).toEqual(['m=audio 40000 UDP/TLS/RTP/SAVPF 0 126', 'm=video 0 UDP/TLS/RTP/SAVPF 96']);
    for (const line of [
      'a=ice-lite',
      'a=group:BUNDLE 0',
      'a=mid:0',
      'a=rtcp-mux',
      'a=setup:active',
      'a=ice-ufrag:ourUfrag',
      'a=ice-pwd:ourPasswordOurPassword12',
      'a=fingerprint:sha-256 AB:CD',
      'a=candidate:1 1 UDP 2130706431 203.0.113.1 40000 typ host',
      'a=end-of-candidates',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:126 telephone-event/8000',
      'a=sendrecv',
    ]) {
      expect(sdp.split('\r\n')).toContain(line);
    }
    expect(sdp).not.toMatch(/extmap|a=ssrc/);
    expect(linesOf(sdp, 'a=candidate')).toHaveLength(1);
  });

  it('chooses the telephone-event of the codec’s clock', () => {
    const { sdp, agreement } = answerTo(make('webrtc'), sample('chromium-offer'), { codecs: ['opus'] });
    expect(linesOf(sdp, 'm=audio')).toEqual(['m=audio 40000 UDP/TLS/RTP/SAVPF 111 110']);
    expect(sdp).toContain('a=rtpmap:111 opus/48000/2');
    expect(agreement.media.telephoneEvent).toEqual({
      sendPayloadType: 110,
      receivePayloadTypes: [110],
      clockRateHz: 48_000,
    });
  });

  it('leaves telephone-event out when none has the codec’s clock', () => {
    const { sdp, agreement } = answerTo(make('webrtc'), sample('firefox-offer'), { codecs: ['opus'] });
    expect(linesOf(sdp, 'm=audio')).toEqual(['m=audio 40000 UDP/TLS/RTP/SAVPF 109']);
    expect(agreement.media.telephoneEvent).toBeUndefined();
  });

  it('follows the caller’s order of codecs, and refuses when none is common', () => {
    expect(answerTo(make('webrtc'), sample('chromium-offer'), { codecs: ['PCMA', 'PCMU'] }).agreement.media.codec).toBe(
      'PCMA',
    );
    const onlyG729 = carrier('sendrecv', '18');
    expect(() => answerTo(make('rtp'), onlyG729)).toThrow(expect.objectContaining({ problem: 'no-common-codec' }));
    expect(() => answerTo(make('rtp'), carrier('sendrecv', '0'), { codecs: ['PCMA'] })).toThrow('the far end has PCMU');
  });

  it('stays with the codec in force on a re-offer, unless it is no longer allowed', () => {
    const leg = make('rtp');
    answerTo(leg, carrier('sendrecv', '8'));
    const codecOf = (options: Parameters<LegDescription['answer']>[1]) =>
      answerTo(leg, carrier(), options).agreement.media.codec;
    expect(codecOf({ codecs: ['PCMU', 'PCMA'] })).toBe('PCMA');
    expect(codecOf({ codecs: ['PCMU'] })).toBe('PCMU');
  });

  it.each([
    ['actpass', 'active'],
    ['active', 'passive'],
    ['passive', 'active'],
  ])('[P5] answers setup:%s with %s', (theirs, ours) => {
    const offer = sample('chromium-offer').replace('a=setup:actpass', `a=setup:${theirs}`);
    expect(answerTo(make('webrtc'), offer).sdp).toContain(`a=setup:${ours}`);
  });

  it('keeps the DTLS role that an earlier answer of the browser settled', () => {
    const leg = make('webrtc');
    leg.offer();
    leg.acceptAnswer(leg.read(sample('chromium-offer').replace('a=setup:actpass', 'a=setup:active')));
    expect(answerTo(leg, sample('chromium-offer')).sdp).toContain('a=setup:passive');
  });

  it('answers without mid and BUNDLE when the offer has none', () => {
    const offer = sample('chromium-offer').replace(/a=(mid|group).*\r\n/g, '');
    expect(answerTo(make('webrtc'), offer).sdp).not.toMatch(/a=mid|BUNDLE/);
  });

  it('sees an ICE restart', () => {
    const leg = make('webrtc');
    answerTo(leg, sample('chromium-offer'));
    expect(leg.restartsIce(leg.read(sample('chromium-offer')))).toBe(false);
    expect(leg.restartsIce(leg.read(sample('chromium-offer').replace(/a=ice-ufrag:.*/, 'a=ice-ufrag:other')))).toBe(
      true,
    );
  });

  it('keeps what was in force when an offer is refused', () => {
    const leg = make('webrtc');
    answerTo(leg, sample('chromium-offer'));
    const before = leg.agreement;
    expect(() => answerTo(leg, sample('chromium-offer').replace(/(m=audio.*SAVPF).*/, '$1 9'))).toThrow();
    expect(leg.agreement).toBe(before);
    expect(() => leg.read(carrier())).toThrow(expect.objectContaining({ problem: 'wrong-kind' }));
  });
});

describe('offer', () => {
  it('to a browser has actpass, BUNDLE and mid always [P11]', () => {
    const sdp = make('webrtc').offer();
    expect(linesOf(sdp, 'm=')).toEqual(['m=audio 40000 UDP/TLS/RTP/SAVPF 0 8 111 101 110']);
    expect(sdp).toMatch(/a=setup:actpass/);
    expect(sdp).toMatch(/a=group:BUNDLE 0/);
    expect(sdp).toMatch(/a=mid:0/);
  });

  it('to a carrier is one plain m-line with RTCP on the next port', () => {
    const sdp = make('rtp').offer();
    expect(linesOf(sdp, 'm=')).toEqual(['m=audio 30000 RTP/AVP 0 8 101']);
    expect(sdp).toContain('a=rtcp:30001 IN IP4 203.0.113.1');
    expect(sdp).toContain('a=ptime:20');
    expect(sdp).not.toMatch(/ice|fingerprint|setup|mux|a=mid/);
  });

  it('lists only what it is told to, and opus never to a carrier', () => {
    expect(linesOf(make('webrtc').offer({ codecs: ['opus', 'PCMA'] }), 'm=')).toEqual([
      'm=audio 40000 UDP/TLS/RTP/SAVPF 111 8 110 101',
    ]);
    expect(() => make('rtp').offer({ codecs: ['opus'] })).toThrow(expect.objectContaining({ code: 'ERR_SDP' }));
  });

  it('raises the version only when the text changed', () => {
    const leg = make('rtp');
    const [first, same, held, back] = [leg.offer(), leg.offer(), leg.offer({ direction: 'sendonly' }), leg.offer()];
    expect([first, same, held, back].map(versionOf)).toEqual([1, 1, 2, 3]);
    expect(new Set([first, held, back].map(idOf)).size).toBe(1);
    expect(same).toBe(first);
  });

  it('repeated, asks for the codec in force with the payload type in force', () => {
    const leg = make('webrtc');
    answerTo(leg, sample('chromium-offer'), { codecs: ['opus'] });
    expect(linesOf(leg.offer({ direction: 'sendonly' }), 'm=')).toEqual([
      'm=audio 40000 UDP/TLS/RTP/SAVPF 111 110',
      'm=video 0 UDP/TLS/RTP/SAVPF 96',
    ]);
  });

  it('gives a new format a payload type that means nothing else', () => {
    const leg = make('rtp');
    const offer = carrier().replace('0 8 101', '0 97').replace('101 telephone-event/8000', '97 telephone-event/8000');
    answerTo(leg, offer);
    expect(linesOf(leg.offer({ codecs: ['PCMU', 'PCMA'] }), 'm=')).toEqual(['m=audio 30000 RTP/AVP 0 8 97']);
  });
});

describe('our text', () => {
  const texts = {
    'an offer to a browser': () => make('webrtc').offer(),
    'an offer to a carrier': () => make('rtp').offer({ direction: 'sendonly' }),
    'an answer to a browser': () => answerTo(make('webrtc'), sample('chromium-offer'), { codecs: ['opus'] }).sdp,
    'an answer to a carrier': () => answerTo(make('rtp'), sample('carrier-offer')).sdp,
  };

  it.each(Object.entries(texts))('of %s loses nothing in a reader that is not ours', (_name, text) => {
    const sdp = text();
    const sorted = (whole: string) => whole.split('\r\n').sort();
    expect(sorted(write(parse(sdp)))).toEqual(sorted(sdp));
  });

  it('names the family of an IPv6 address', () => {
    const transport: LocalTransport = { kind: 'rtp', address: '2001:db8::1', port: 30_000 };
    const sdp = new LegDescription({ transport, random: systemRandom }).offer();
    expect(linesOf(sdp, 'c=')).toEqual(['c=IN IP6 2001:db8::1']);
    expect(linesOf(sdp, 'a=rtcp:')).toEqual(['a=rtcp:30001 IN IP6 2001:db8::1']);
  });
});

describe('answer to our offer', () => {
  it('is taken with the far end’s payload types for sending, and both for receiving [P17]', () => {
    const leg = make('rtp');
    leg.offer();
    const answer = carrier().replace('0 8 101', '8 96').replace('101 telephone-event/8000', '96 telephone-event/8000');
    const { media } = leg.acceptAnswer(leg.read(answer));
    expect(media.codec).toBe('PCMA');
    expect(media.telephoneEvent).toMatchObject({ sendPayloadType: 96, receivePayloadTypes: [96, 101] });
  });

  it('replaces the one of another fork', () => {
    const leg = make('rtp');
    leg.offer();
    leg.acceptAnswer(leg.read(carrier('sendrecv', '0')));
    expect(leg.acceptAnswer(leg.read(carrier('sendrecv', '8', '192.0.2.9'))).media.codec).toBe('PCMA');
  });

  it('is refused without an offer, or with a codec that was not offered', () => {
    const leg = make('rtp');
    expect(() => leg.acceptAnswer(leg.read(carrier()))).toThrow(expect.objectContaining({ problem: 'no-offer' }));
    leg.offer({ codecs: ['PCMA'] });
    expect(() => leg.acceptAnswer(leg.read(carrier('sendrecv', '0')))).toThrow(
      expect.objectContaining({ problem: 'no-common-codec' }),
    );
  });
});

describe('direction, RFC 3264 §6.1', () => {
  it.each([
    ['sendrecv', 'sendrecv', 'sendrecv'],
    ['sendonly', 'sendrecv', 'recvonly'],
    ['recvonly', 'sendrecv', 'sendonly'],
    ['inactive', 'sendrecv', 'inactive'],
    ['sendrecv', 'sendonly', 'sendonly'],
    ['sendonly', 'sendonly', 'inactive'],
  ] as const)('offered %s and wanting %s, we answer %s', (offered, wanted, answered) => {
    const leg = make('rtp');
    const { sdp, agreement } = answerTo(leg, carrier(offered), { direction: wanted });
    expect(sdp).toContain(`a=${answered}`);
    expect(agreement.media.direction).toBe(answered);
  });

  it.each([
    ['sendrecv', 'sendrecv', 'sendrecv'],
    ['sendrecv', 'sendonly', 'recvonly'],
    ['sendonly', 'recvonly', 'sendonly'],
    ['sendonly', 'inactive', 'inactive'],
    ['inactive', 'sendrecv', 'inactive'],
  ] as const)('having offered %s and been answered %s, %s is in force', (offered, answered, inForce) => {
    const leg = make('rtp');
    leg.offer({ direction: offered });
    expect(leg.acceptAnswer(leg.read(carrier(answered))).media.direction).toBe(inForce);
  });

  it('answers an old hold by 0.0.0.0 with recvonly', () => {
    expect(answerTo(make('rtp'), carrier('sendrecv', '0', '0.0.0.0')).sdp).toContain('a=recvonly');
  });
});
