import { describe, expect, it } from 'vitest';
import { nothingLeft } from '../testing/bench.js';
import { makeTalk } from '../testing/talk.js';
import { dialIn, makeBench } from '../testing/two-users.js';

describe('media that is lost', () => {
  it('[MEDIA1] and does not come back: BYE to both sides', async () => {
    const { bench, placed, received, aliceLeg } = await makeTalk();
    aliceLeg.fail();
    await bench.run(4_900);
    expect(placed.session!.ended).toBe(false);
    await bench.run(200);
    expect([placed.session!.ended, received.session!.ended]).toEqual([true, true]);
    expect((await bench.record()).call).toMatchObject({
      status: 'completed',
      termination: { by: 'platform', reason: 'media-lost' },
    });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[MEDIA2] and comes back by an ICE restart: the call goes on', async () => {
    const { bench, placed, aliceLeg } = await makeTalk();
    aliceLeg.fail();
    await bench.run(3_000);
    aliceLeg.connect();
    await bench.run(20_000);
    expect(placed.session!.ended).toBe(false);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[MEDIA3] with its media process: BYE to both sides at once', async () => {
    const { bench, placed, received, aliceLeg, carrierLeg } = await makeTalk();
    aliceLeg.lose();
    carrierLeg.lose();
    await bench.run();
    expect([placed.session!.ended, received.session!.ended]).toEqual([true, true]);
    expect((await bench.record()).call.termination).toMatchObject({ reason: 'media-lost' });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[MEDIA4] by silence: the call ends when the limit is reached, and not when packets come again', async () => {
    const { bench, placed, carrierLeg } = await makeTalk({}, { silenceLimitMs: 60_000 });
    carrierLeg.fallSilent(20_000);
    carrierLeg.silentMs = 0;
    await bench.run(50_000);
    expect(placed.session!.ended).toBe(false);
    carrierLeg.fallSilent(20_000);
    carrierLeg.silentMs = 60_000;
    await bench.run(41_000);
    expect(placed.session!.ended).toBe(true);
    expect((await bench.record()).call.termination).toMatchObject({ reason: 'media-lost' });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[MEDIA5] while a device rings: its branch ends, the caller is told', async () => {
    const bench = await makeBench();
    await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    for (const leg of bench.engine.legs) if (leg.kind === 'webrtc') leg.lose();
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 500 });
    expect(await bench.close()).toEqual(nothingLeft);
  });
});
