import { silentLogger } from '@intermix/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CodecName, MediaEngine, MediaLeg } from '../types.js';
import { createEmbeddedEngine } from './index.js';
import { type BrowserPhone, BrowserPhones, microphoneHz } from './testing/browser-phone.js';
import { RtpPhone, until } from './testing/rtp-phone.js';

// A real browser against the engine. P numbers name the traps of the libraries that each test guards against.

let engine: MediaEngine;
let browser: BrowserPhones;
let callCount = 0;

beforeAll(async () => {
  engine = createEmbeddedEngine({
    announcedAddress: '127.0.0.1',
    webrtcPort: 41_440,
    rtpPortMin: 41_450,
    rtpPortMax: 41_549,
    processes: 1,
    logger: silentLogger,
  });
  [browser] = await Promise.all([BrowserPhones.launch(), engine.start()]);
}, 60_000);

afterAll(async () => {
  await Promise.all([browser?.close(), engine?.stop()]);
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
});
