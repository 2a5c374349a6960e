import { systemClock, systemRandom } from '@intermix/kernel';
import { eventually } from '@intermix/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { tone } from './audio-source.js';
import { CallMedia, type CallMediaOptions } from './call-media.js';

const opened: CallMedia[] = [];
afterEach(() => {
  for (const media of opened.splice(0)) media.close();
});

async function open(options: Partial<CallMediaOptions> = {}): Promise<CallMedia> {
  const media = await CallMedia.open({ host: '127.0.0.1', clock: systemClock, random: systemRandom, ...options });
  opened.push(media);
  return media;
}

async function pair(options: { a?: Partial<CallMediaOptions>; b?: Partial<CallMediaOptions> } = {}) {
  const [a, b] = await Promise.all([open(options.a), open(options.b)]);
  a.acceptAnswer(b.acceptOffer(a.offer()));
  return { a, b };
}

const near = (hz: number) => (heard: number | undefined) => heard !== undefined && Math.abs(heard - hz) <= 5;

describe('call media over real sockets', () => {
  it.each(['PCMU', 'PCMA'] as const)('carries a tone each way in %s', async (codec) => {
    const { a, b } = await pair({ b: { codecs: [codec] } });
    a.audio.play(tone(500));
    b.audio.play(tone(900));
    await eventually(() => near(900)(a.audio.hearingHz) && near(500)(b.audio.hearingHz));
    expect([a.codec, b.codec]).toEqual([codec, codec]);
    expect(b.audio.stats.packetsLost).toBe(0);
  });

  it('tells each digit once, in order', async () => {
    const { a, b } = await pair();
    const digits: string[] = [];
    b.audio.on('digit', ({ digit }) => digits.push(digit));
    await a.audio.sendDigits('19*#D', { durationMs: 60 });
    await eventually(() => digits.length >= 5);
    expect(digits.join('')).toBe('19*#D');
  });

  it('falls silent on hold and is heard again after it', async () => {
    const { a, b } = await pair();
    b.audio.play(tone(900));
    await eventually(() => near(900)(a.audio.hearingHz));
    a.acceptAnswer(b.acceptOffer(a.offer('sendonly')));
    expect([a.direction, b.direction]).toEqual(['sendonly', 'recvonly']);
    await eventually(() => a.audio.hearingHz === undefined);
    const held = { a: a.audio.stats.packetsSent, b: b.audio.stats.packetsSent };
    await eventually(() => a.audio.stats.packetsSent > held.a + 10);
    expect(b.audio.stats.packetsSent).toBe(held.b);
    a.acceptAnswer(b.acceptOffer(a.offer('sendrecv')));
    await eventually(() => near(900)(a.audio.hearingHz));
  });

  it('raises the o= version only when the description changes', async () => {
    const { a } = await pair();
    const version = (sdp: string) => Number(/^o=\S+ \d+ (\d+)/m.exec(sdp)?.[1]);
    const first = version(a.offer());
    expect(version(a.offer())).toBe(first);
    expect(version(a.offer('inactive'))).toBe(first + 1);
  });

  it('stays on hold when the other side holds too', async () => {
    const { a, b } = await pair();
    a.acceptAnswer(b.acceptOffer(a.offer('sendonly')));
    b.acceptAnswer(a.acceptOffer(b.offer('sendonly')));
    expect([a.direction, b.direction]).toEqual(['inactive', 'inactive']);
  });

  it('refuses a peer with other codecs only', async () => {
    const [a, b] = await Promise.all([open({ codecs: ['PCMA'] }), open({ codecs: ['PCMU'] })]);
    expect(() => b.acceptOffer(a.offer())).toThrow(expect.objectContaining({ problem: 'no-common-codec' }));
  });

  it('takes its ports from the range, even ones, and says when they are out', async () => {
    const [first] = await Promise.all([open()]);
    const port = first.audio.port;
    expect(port % 2).toBe(0);
    await expect(open({ ports: { min: port, max: port + 1 } })).rejects.toMatchObject({ problem: 'ports-exhausted' });
  });

  it('hears nobody but the host that was signalled', async () => {
    const { a, b } = await pair();
    const stranger = await open({ host: '127.0.0.2' });
    stranger.acceptAnswer(a.offer());
    stranger.audio.play(tone(2000));
    b.audio.play(tone(900));
    await eventually(() => stranger.audio.stats.packetsSent > 10 && near(900)(a.audio.hearingHz));
    expect(a.audio.stats.packetsReceived).toBeLessThanOrEqual(b.audio.stats.packetsSent);
    expect(a.audio.lastHeardHz).toBe(900);
  });
});
