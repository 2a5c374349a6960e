import { silentLogger } from '@intermix/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MediaEngine, MediaLeg } from '../types.js';
import { createEmbeddedEngine } from './index.js';
import { RtpPhone } from './testing/rtp-phone.js';

let engine: MediaEngine;
let callCount = 0;

beforeAll(async () => {
  engine = createEmbeddedEngine({
    announcedAddress: '127.0.0.1',
    webrtcPort: 41_310,
    rtpPortMin: 41_320,
    rtpPortMax: 41_419,
    processes: 1,
    logger: silentLogger,
  });
  await engine.start();
}, 30_000);

afterAll(async () => {
  await engine.stop();
});

async function joined(phones: readonly [RtpPhone, RtpPhone]): Promise<[MediaLeg, MediaLeg]> {
  const callId = `call-${callCount++}`;
  const a = await engine.createLeg({ kind: 'rtp', callId, legId: 'a' });
  const b = await engine.createLeg({ kind: 'rtp', callId, legId: 'b' });
  phones[0].aimAt(await a.acceptOffer(phones[0].sdp()));
  phones[1].aimAt(await b.offer({ codecs: [phones[1].codec] }));
  await b.acceptAnswer(phones[1].sdp());
  await engine.bridge(a, b);
  return [a, b];
}

describe('two plain RTP legs', () => {
  it('carries a tone both ways', async () => {
    const alice = await RtpPhone.open({ toneHz: 440 });
    const bob = await RtpPhone.open({ toneHz: 1000 });
    const [a, b] = await joined([alice, bob]);
    alice.talk();
    bob.talk();
    await Promise.all([alice.hears(1000), bob.hears(440)]);
    expect((await a.stats()).packetsLost).toBe(0);
    a.close();
    b.close();
    alice.close();
    bob.close();
  });
});
