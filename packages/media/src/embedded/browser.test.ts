import { join } from 'node:path';
import { silentLogger } from '@intermix/kernel';
import { type PortBlock, repositoryRoot, reservePorts } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CodecName, MediaEngine, MediaLeg } from '../types.js';
import { createEmbeddedEngine } from './index.js';
import { type BrowserPhone, BrowserPhones, microphoneHz } from './testing/browser-phone.js';
import { RtpPhone, until } from './testing/rtp-phone.js';

// A real browser against the engine. P numbers name the traps of the libraries that each test guards against.

let ports: PortBlock;
let engine: MediaEngine;
let browser: BrowserPhones;
let callCount = 0;

beforeAll(async () => {
  ports = await reservePorts();
  engine = createEmbeddedEngine({
    announcedAddress: '127.0.0.1',
    webrtcPort: ports.port(0),
    rtpPortMin: ports.port(10),
    rtpPortMax: ports.port(ports.size - 1),
    processes: 1,
    childPath: join(repositoryRoot(), 'packages/media/dist/embedded/testing/attachment-child.js'),
    logger: silentLogger,
  });
  [browser] = await Promise.all([BrowserPhones.launch(), engine.start()]);
}, 60_000);

afterAll(async () => {
  await Promise.all([browser?.close(), engine?.stop()]);
  ports.release();
});

/** The browser calls: it offers. */
async function browserOffers(leg: MediaLeg, codec: CodecName): Promise<BrowserPhone> {
  const phone = await browser.open(codec);
  await phone.accept(await leg.acceptOffer(await phone.offer(), { codecs: [codec] }));
  return phone;
}

/** The browser is called: we offer. */
async function engineOffers(leg: MediaLeg, codec: CodecName): Promise<BrowserPhone> {
  const phone = await browser.open(codec);
  await leg.acceptAnswer(await phone.answer(await leg.offer({ codecs: [codec] })));
  return phone;
}

async function hears(phone: BrowserPhone, frequencyHz: number): Promise<void> {
  await until(
    `${frequencyHz} Hz in the browser`,
    async () => Math.abs((await phone.loudestHz()) - frequencyHz) < 25,
    6000,
  );
}

interface BridgedCall {
  browserLeg: MediaLeg;
  carrierLeg: MediaLeg;
  phone: BrowserPhone;
  carrier: RtpPhone;
  digits: string[];
  end(): Promise<void>;
}

async function bridged(
  codec: 'PCMU' | 'PCMA',
  ring: typeof browserOffers,
  carrierCodec: 'PCMU' | 'PCMA' = codec,
): Promise<BridgedCall> {
  const callId = `browser-call-${callCount++}`;
  const browserLeg = await engine.createLeg({ kind: 'webrtc', callId, legId: 'browser' });
  const carrierLeg = await engine.createLeg({ kind: 'rtp', callId, legId: 'carrier' });
  const digits: string[] = [];
  browserLeg.on('dtmf', ({ digit }) => digits.push(digit));
  let isConnected = false;
  browserLeg.on('connected', () => {
    isConnected = true;
  });
  const carrier = await RtpPhone.open({ codec: carrierCodec, toneHz: 1000 });
  carrier.aimAt(await carrierLeg.acceptOffer(carrier.sdp()));
  const phone = await ring(browserLeg, codec);
  await engine.bridge(browserLeg, carrierLeg);
  carrier.talk();
  await until('connected', () => isConnected);
  const end = async () => {
    carrier.close();
    await phone.close();
    browserLeg.close();
    carrierLeg.close();
  };
  return { browserLeg, carrierLeg, phone, carrier, digits, end };
}

describe('browser and carrier', () => {
  it.each([
    ['browser offers PCMU', 'PCMU', browserOffers],
    ['browser offers PCMA', 'PCMA', browserOffers],
    ['engine offers PCMU', 'PCMU', engineOffers],
    ['engine offers PCMA', 'PCMA', engineOffers],
  ] as const)('[P2, P4, P5, P6, P11] %s: a tone is heard both ways', async (_name, codec, ring) => {
    const call = await bridged(codec, ring);
    await Promise.all([call.carrier.hears(microphoneHz), hears(call.phone, 1000)]);
    expect(call.browserLeg.codec).toBe(codec);
    expect(await call.phone.streams()).toBe(1);
    expect((await call.phone.stats())['inbound-rtp']?.packetsLost).toBe(0);
    await call.end();
  });

  it('carries digits from the browser, told once each', async () => {
    const call = await bridged('PCMU', browserOffers);
    await call.phone.dtmf('12#');
    await until('three digits', () => call.digits.length >= 3);
    const ends = () => call.carrier.received.filter((p) => p.payloadType === 101 && (p.payload[1] ?? 0) >= 0x80);
    await until('their ends at the carrier', () => new Set(ends().map((packet) => packet.timestamp)).size >= 3);
    expect(call.digits).toEqual(['1', '2', '#']);
    expect([...new Set(ends().map((packet) => packet.payload[0]))]).toEqual([1, 2, 11]);
    await call.end();
  });

  it('transcodes by table when the browser has PCMU and the carrier PCMA', async () => {
    const call = await bridged('PCMU', browserOffers, 'PCMA');
    await Promise.all([call.carrier.hears(microphoneHz), hears(call.phone, 1000)]);
    await call.end();
  });

  it('reports both ways by RTCP: round trip and loss are known at both ends', async () => {
    const call = await bridged('PCMU', browserOffers);
    await until(
      'our round trip',
      async () => {
        const stats = await call.browserLeg.stats();
        return stats.roundTripMs !== undefined && stats.remotePacketsLost === 0;
      },
      15_000,
    );
    await until(
      "the browser's round trip",
      async () => (await call.phone.stats())['remote-inbound-rtp']?.roundTripTime !== undefined,
      15_000,
    );
    expect((await call.browserLeg.stats()).roundTripMs).toBeLessThan(1000);
    await call.end();
  }, 35_000);

  it('holds and resumes by a re-offer of the browser, with a continuous stream to the carrier', async () => {
    const call = await bridged('PCMU', browserOffers);
    await call.carrier.hears(microphoneHz);
    await call.phone.direct('sendonly');
    await call.phone.accept(await call.browserLeg.acceptOffer(await call.phone.offer()));
    expect(call.browserLeg.direction).toBe('recvonly');
    const sentWhenHeld = (await call.browserLeg.stats()).packetsSent;
    await call.carrier.hears(microphoneHz); // What the browser still sends goes on (its hold music).
    expect((await call.browserLeg.stats()).packetsSent).toBe(sentWhenHeld);
    await call.phone.direct('sendrecv');
    await call.phone.accept(await call.browserLeg.acceptOffer(await call.phone.offer()));
    expect(call.browserLeg.direction).toBe('sendrecv');
    await hears(call.phone, 1000);
    const inbound = (await call.phone.stats())['inbound-rtp'];
    expect(inbound?.packetsLost).toBe(0);
    await call.end();
  });

  it('holds and resumes by our own re-offer, while DTLS keeps its role', async () => {
    const call = await bridged('PCMU', engineOffers);
    await hears(call.phone, 1000);
    const hold = await call.browserLeg.offer({ direction: 'inactive' });
    expect(hold).toContain('a=setup:actpass');
    await call.browserLeg.acceptAnswer(await call.phone.answer(hold));
    expect(await call.phone.currentDirection()).toBe('inactive');
    await call.browserLeg.acceptAnswer(await call.phone.answer(await call.browserLeg.offer()));
    expect(await call.phone.currentDirection()).toBe('sendrecv');
    await Promise.all([call.carrier.hears(microphoneHz), hears(call.phone, 1000)]);
    expect((await call.phone.stats())['inbound-rtp']?.packetsLost).toBe(0);
    await call.end();
  });

  it.each([
    ['that called', browserOffers],
    ['that was called', engineOffers],
  ] as const)(
    '[P7] follows an ICE restart of the browser %s on a new transport, audio goes on',
    async (_name, ring) => {
      const call = await bridged('PCMU', ring);
      await call.carrier.hears(microphoneHz);
      let reconnected = false;
      call.browserLeg.on('connected', () => {
        reconnected = true;
      });
      const offer = await call.phone.offer({ iceRestart: true });
      const answer = await call.browserLeg.acceptOffer(offer);
      await call.phone.accept(answer);
      await until('the new transport', () => reconnected);
      await Promise.all([call.carrier.hears(microphoneHz), hears(call.phone, 1000)]);
      expect((await call.phone.stats())['inbound-rtp']?.packetsLost).toBeLessThan(100);
      await call.end();
    },
  );

  it.each([
    ['that called', browserOffers],
    ['that was called', engineOffers],
  ] as const)(
    'follows a browser %s that is replaced by another, with a new certificate, audio goes on',
    async (_, ring) => {
      const call = await bridged('PCMU', ring);
      await call.carrier.hears(microphoneHz);
      await call.phone.close();
      const next = await browser.open('PCMU');
      await next.accept(await call.browserLeg.acceptOffer(await next.offer(), { codecs: ['PCMU'] }));
      await Promise.all([call.carrier.hears(microphoneHz), hears(next, 1000)]);
      await next.close();
      await call.end();
    },
  );

  it('takes the answer of another fork in place of the first', async () => {
    const leg = await engine.createLeg({ kind: 'webrtc', callId: `browser-call-${callCount++}`, legId: 'browser' });
    const offer = await leg.offer({ codecs: ['PCMU'] });
    const [first, second] = [await browser.open('PCMU'), await browser.open('PCMU')];
    await leg.acceptAnswer(await first.answer(offer));
    await until('the first to connect', async () => (await first.state()) === 'connected');
    await leg.acceptAnswer(await second.answer(offer));
    await leg.play({ frequenciesHz: [700] });
    await hears(second, 700);
    await Promise.all([first.close(), second.close()]);
    leg.close();
  });

  it('refuses an ICE restart whose codecs it cannot take, and carries on', async () => {
    const call = await bridged('PCMU', browserOffers);
    const offer = await call.phone.offer({ iceRestart: true });
    const refused = call.browserLeg.acceptOffer(offer, { codecs: ['opus'] });
    await expect(refused).rejects.toMatchObject({ problem: 'no-common-codec' });
    await call.carrier.hears(microphoneHz);
    await call.phone.accept(await call.browserLeg.acceptOffer(offer));
    await hears(call.phone, 1000);
    await call.end();
  });

  it('does not take a peer whose certificate is not the one in its SDP', async () => {
    const leg = await engine.createLeg({ kind: 'webrtc', callId: `browser-call-${callCount++}`, legId: 'browser' });
    const told: string[] = [];
    leg.on('connected', () => told.push('connected'));
    leg.on('failed', () => told.push('failed'));
    const phone = await browser.open('PCMU');
    const forged = (await phone.offer()).replace(/(fingerprint:sha-256 )../, (_, name) => `${name}00`);
    await phone.accept(await leg.acceptOffer(forged));
    await until('the failure', () => told.length > 0);
    expect(told).toEqual(['failed']);
    await phone.close();
    leg.close();
  });

  it('answers ICE checks before the answer: a silent STUN server does not hold the browser up', async () => {
    const leg = await engine.createLeg({ kind: 'webrtc', callId: `browser-call-${callCount++}`, legId: 'browser' });
    let isConnected = false;
    leg.on('connected', () => {
      isConnected = true;
    });
    // RFC 5737: nobody answers there. Without our answers Chromium gathers for ten seconds.
    const phone = await browser.open('PCMU', [{ urls: 'stun:192.0.2.1:3478' }]);
    const offer = await leg.offer({ codecs: ['PCMU'] });
    const startedAt = Date.now();
    const answer = await phone.answer(offer);
    const elapsed = Date.now() - startedAt;
    await leg.acceptAnswer(answer);
    await until('connected', () => isConnected);
    expect(elapsed).toBeLessThan(3000);
    await phone.close();
    leg.close();
  }, 30_000);

  it('tells that the browser closed its connection', async () => {
    const call = await bridged('PCMU', browserOffers);
    const reasons: string[] = [];
    call.browserLeg.on('failed', (reason) => reasons.push(reason));
    await call.phone.close();
    await until('the failure', () => reasons.length > 0);
    expect(reasons).toEqual(['the far end closed DTLS']);
    call.browserLeg.close();
    call.carrierLeg.close();
    call.carrier.close();
  });
});

describe('browser and browser', () => {
  it.each(['opus', 'PCMU'] as const)('carries %s end to end through one UDP port', async (codec) => {
    const callId = `browser-call-${callCount++}`;
    const a = await engine.createLeg({ kind: 'webrtc', callId, legId: 'a' });
    const b = await engine.createLeg({ kind: 'webrtc', callId, legId: 'b' });
    const digits: string[] = [];
    a.on('dtmf', ({ digit }) => digits.push(digit));
    const alice = await browserOffers(a, codec);
    const bob = await engineOffers(b, codec);
    await engine.bridge(a, b);
    await Promise.all([hears(alice, microphoneHz), hears(bob, microphoneHz)]);
    await alice.dtmf('7');
    await until('the digit', () => digits.length > 0);
    expect(digits).toEqual(['7']);
    expect([a.codec, b.codec]).toEqual([codec, codec]);
    a.close();
    b.close();
    await Promise.all([alice.close(), bob.close()]);
  });

  it.each(['opus', 'PCMU'] as const)('are heard in %s by what is attached to one of them, both ways', async (codec) => {
    const callId = `browser-call-${callCount++}`;
    const a = await engine.createLeg({ kind: 'webrtc', callId, legId: 'a' });
    const b = await engine.createLeg({ kind: 'webrtc', callId, legId: 'b' });
    const alice = await browserOffers(a, codec);
    const bob = await engineOffers(b, codec);
    await engine.bridge(a, b);
    const attachment = await a.attach('tones', { receivedHz: microphoneHz, sentHz: microphoneHz });
    const heard = new Set<unknown>();
    attachment.onEvent((event) => heard.add(event));
    await until('the tone of either side', () => heard.size === 2, 10_000);
    attachment.close();
    expect((await attachment.ended).how).toBe('ended');
    const played = new Set<unknown>();
    const listener = await a.attach('tones', { receivedHz: microphoneHz, sentHz: 1400 });
    listener.onEvent((event) => played.add(JSON.stringify(event)));
    await a.play({ frequenciesHz: [1400] });
    await until('the tone of our own', () => played.size === 2, 10_000);
    listener.close();
    a.close();
    b.close();
    await Promise.all([alice.close(), bob.close()]);
  });

  it('refuses to bridge Opus with G.711', async () => {
    const callId = `browser-call-${callCount++}`;
    const a = await engine.createLeg({ kind: 'webrtc', callId, legId: 'a' });
    const b = await engine.createLeg({ kind: 'rtp', callId, legId: 'b' });
    const carrier = await RtpPhone.open();
    const alice = await browserOffers(a, 'opus');
    await b.acceptOffer(carrier.sdp());
    await expect(engine.bridge(a, b)).rejects.toMatchObject({ code: 'ERR_MEDIA', problem: 'codec-mismatch' });
    a.close();
    b.close();
    carrier.close();
    await alice.close();
  });
});
