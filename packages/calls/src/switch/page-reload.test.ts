import { PAGE_GONE } from '@intermix/sip';
import { describe, expect, it } from 'vitest';
import { contactOf, nothingLeft } from '../testing/bench.js';
import { makeTalk, reinvite } from '../testing/talk.js';

describe('a page that goes away while it talks', () => {
  it('[PAGE1] and says so, is waited for a short time only', async () => {
    const { bench, alice, placed } = await makeTalk({ instance: 'tab1' });
    bench.network.cut(alice.flow!, 'going', PAGE_GONE);
    await bench.run(4_900);
    expect(placed.session!.ended).toBe(false);
    await bench.run(200);
    expect(placed.session!.ended).toBe(true);
    expect((await bench.record()).call).toMatchObject({ status: 'completed', termination: { reason: 'flow-lost' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PAGE2] its next load takes the call up: re-INVITE with a description of its own, and BYE reaches the customer', async () => {
    const { bench, alice, placed, received, aliceLeg } = await makeTalk({ instance: 'tab1' });
    const snapshot = received.session!.snapshot();
    bench.network.cut(alice.flow!, 'going', PAGE_GONE);
    aliceLeg.fail();
    await bench.run(3_000);
    const next = await bench.browser();
    await bench.register(next, 'alice', { contact: contactOf(next, 'alice', 'tab1') });
    const session = next.endpoint.resume(snapshot, { flow: next.flow! });
    await bench.run(4_000); // Its media needs longer than the rest of the old one's time.
    expect(placed.session!.ended).toBe(false);
    expect(await reinvite(bench, session, received.media.offer({}))).toContain('m=audio');
    aliceLeg.connect();
    await bench.run(20_000);
    expect(placed.session!.ended).toBe(false);
    session.bye();
    await bench.run();
    expect(placed.session!.ended).toBe(true);
    await alice.endpoint.stop();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PAGE3] another page of the user takes the call up, and is then the one that is waited for', async () => {
    const { bench, alice, placed, received } = await makeTalk({ instance: 'tab1' });
    const other = await bench.registered('alice', { instance: 'tab2' });
    const snapshot = received.session!.snapshot();
    bench.network.cut(alice.flow!, 'going', PAGE_GONE);
    await bench.run(1_000);
    const session = other.endpoint.resume(snapshot, { flow: other.flow! });
    await reinvite(bench, session, received.media.offer({}));
    await bench.run(20_000);
    expect(placed.session!.ended).toBe(false);
    bench.network.cut(other.flow!);
    await bench.run(2_000);
    await other.connect('WS');
    await bench.register(other, 'alice', { contact: contactOf(other, 'alice', 'tab2') });
    session.rebind(other.flow!);
    await bench.run(20_000);
    expect(placed.session!.ended).toBe(false);
    placed.session!.bye();
    await bench.run();
    expect(session.ended).toBe(true);
    await alice.endpoint.stop();
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

describe('a page that is back and still asks for its microphone', () => {
  /** Gone by a reload with the media that it had, and registered again two seconds later. */
  async function reloaded() {
    const talk = await makeTalk({ instance: 'tab1' });
    const { bench, alice, aliceLeg } = talk;
    const snapshot = talk.received.session!.snapshot();
    bench.network.cut(alice.flow!, 'going', PAGE_GONE);
    aliceLeg.fail();
    await bench.run(2_000);
    const next = await bench.browser();
    await bench.register(next, 'alice', { contact: contactOf(next, 'alice', 'tab1') });
    const close = async () => {
      await alice.endpoint.stop();
      await next.endpoint.stop();
      return bench.close();
    };
    return { ...talk, snapshot, next, close };
  }

  it('[PROMPT1] has 15 s for its first re-INVITE, and then the usual time for its media', async () => {
    const { bench, placed, received, next, snapshot, close } = await reloaded();
    await bench.run(14_000);
    expect(placed.session!.ended).toBe(false);
    const session = next.endpoint.resume(snapshot, { flow: next.flow! });
    expect(await reinvite(bench, session, received.media.offer({}))).toContain('m=audio');
    await bench.run(4_800);
    expect(placed.session!.ended).toBe(false);
    await bench.run(400);
    expect(placed.session!.ended).toBe(true);
    expect((await bench.record()).call.termination).toMatchObject({ reason: 'media-lost' });
    expect(await close()).toEqual(nothingLeft);
  });

  it('[PROMPT2] also when its old media is noticed to be broken only then', async () => {
    const { bench, alice, placed, aliceLeg } = await makeTalk({ instance: 'tab1' });
    bench.network.cut(alice.flow!, 'going', PAGE_GONE);
    await bench.run(1_000);
    const next = await bench.browser();
    await bench.register(next, 'alice', { contact: contactOf(next, 'alice', 'tab1') });
    await bench.run(3_000);
    aliceLeg.fail();
    await bench.run(11_500);
    expect(placed.session!.ended).toBe(false);
    await bench.run(1_000);
    expect(placed.session!.ended).toBe(true);
    await alice.endpoint.stop();
    await next.endpoint.stop();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it.each([
    ['closes its connection again', undefined, 10_000],
    ['goes away again', PAGE_GONE, 5_000],
  ])('[PROMPT3] a page that %s is waited for no longer than any', async (_how, code, graceMs) => {
    const { bench, placed, next, close } = await reloaded();
    await bench.run(1_000);
    bench.network.cut(next.flow!, 'going', code);
    await bench.run(graceMs - 100);
    expect(placed.session!.ended).toBe(false);
    await bench.run(200);
    expect(placed.session!.ended).toBe(true);
    expect((await bench.record()).call.termination).toMatchObject({ reason: 'flow-lost' });
    expect(await close()).toEqual(nothingLeft);
  });

  it('[PROMPT4] one whose connection only broke gets no more than before', async () => {
    const { bench, alice, placed, aliceLeg } = await makeTalk({ instance: 'tab1' });
    bench.network.cut(alice.flow!);
    aliceLeg.fail();
    await bench.run(2_000);
    const next = await bench.browser();
    await bench.register(next, 'alice', { contact: contactOf(next, 'alice', 'tab1') });
    await bench.run(5_200);
    expect(placed.session!.ended).toBe(true);
    await alice.endpoint.stop();
    await next.endpoint.stop();
    expect(await bench.close()).toEqual(nothingLeft);
  });
});
