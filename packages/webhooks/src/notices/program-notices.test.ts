import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { at, makeCall, makeLeg, Story } from '../testing/story.js';

const caller = (answered = false) =>
  makeLeg('leg_0', { role: 'caller', ...(answered ? { answeredAt: at('10:30:00.100'), status: 'in-progress' } : {}) });

/** A flow of the app has answered a customer. */
async function makeFlowCall(): Promise<Story> {
  const story = new Story(new FakeClock());
  await story.begin(makeCall({ userId: undefined }), [caller()]);
  const answeredAt = at('10:30:00.100');
  await story.step('call-answered', answeredAt, { status: 'in-progress', answeredAt }, [caller(true)]);
  return story;
}

const typesOf = (story: Story) => story.store.told.map(({ type }) => type);

describe('a call that a flow has', () => {
  it('that rings nobody is told as completed, and as answered by nobody', async () => {
    const story = await makeFlowCall();
    expect(typesOf(story)).toEqual([]);
    await story.end('completed', at('10:31:00.000'), 60);
    expect(typesOf(story)).toEqual(['call_completed']);
  });

  it('tells of a user whom it rings as of any other: incoming, ringing, answered, completed', async () => {
    const story = await makeFlowCall();
    await story.step('connect-started', at('10:30:05.000'), {}, [makeLeg('leg_1')]);
    const ringing = makeLeg('leg_1', { ringingAt: at('10:30:06.000') });
    await story.step('leg-ringing', at('10:30:06.000'), {}, [ringing]);
    const answered = { ...ringing, answeredAt: at('10:30:09.000'), status: 'in-progress' } as const;
    await story.step('leg-answered', at('10:30:09.000'), { userId: 'agent_001' }, [answered]);
    await story.end('completed', at('10:31:00.000'), 60);
    expect(typesOf(story)).toEqual(['incoming_call', 'call_ringing', 'call_answered', 'call_completed']);
    const [, body] = story.sent()[2]!;
    expect(body).toMatchObject({ event: 'call_answered', answered_by: 'agent_001' });
  });

  it('tells of an answer once, though the flow rings others afterwards', async () => {
    const story = await makeFlowCall();
    for (const [leg, time] of [
      ['leg_1', '10:30:09.000'],
      ['leg_2', '10:30:40.000'],
    ] as const) {
      const answered = makeLeg(leg, { ringingAt: at(time), answeredAt: at(time), status: 'in-progress' });
      await story.step('leg-answered', at(time), {}, [answered]);
    }
    await story.end('completed', at('10:31:00.000'), 60);
    expect(typesOf(story).filter((type) => type === 'call_answered')).toHaveLength(1);
  });

  it('of no app tells the app of the user who answers, from the answer on', async () => {
    const story = new Story(new FakeClock());
    await story.begin(makeCall({ userId: undefined, appId: undefined }), [caller()]);
    const answeredAt = at('10:30:00.100');
    await story.step('call-answered', answeredAt, { status: 'in-progress', answeredAt }, [caller(true)]);
    const { appId } = makeCall();
    const answered = makeLeg('leg_1', { answeredAt: at('10:30:09.000'), status: 'in-progress' });
    await story.step('leg-answered', at('10:30:09.000'), { userId: 'agent_001', appId }, [answered]);
    await story.end('completed', at('10:31:00.000'), 60);
    expect(typesOf(story).slice(-2)).toEqual(['call_answered', 'call_completed']);
  });
});
