import type { Carrier, Did } from '@intermix/calls';
import { silentLogger, systemRandom } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import type { AppNotificationSettings } from '../ports/app-notifications.js';
import { KeepingOutbox } from '../testing/keeping-outbox.js';
import { at, everyUrl, makeCall, makeLeg, Story } from '../testing/story.js';
import { AppContext } from './app-context.js';
import { CallersByAnyNumber } from './callers-by-any-number.js';
import { FlowNotices, type FlowStep } from './flow-notices.js';
import { LateNotices } from './late-notices.js';

/** The account `acct1`, whose first number to dial out with is of the country's carrier. */
function carriersOf(country: string | undefined) {
  const carriers = [
    { id: 'car_0', destinationCountry: 'FR' },
    { id: 'car_1', destinationCountry: country },
  ] as Carrier[];
  const dids = [
    { carrierId: 'car_0', direction: 'inbound' },
    { carrierId: 'car_1', direction: 'both' },
  ] as Did[];
  return {
    listCarriers: async () => carriers,
    listDids: async (accountSid: string) => (accountSid === 'acct1' ? dids : []),
  };
}

function begin(country?: string) {
  const clock = new FakeClock();
  const outbox = new KeepingOutbox(clock);
  const settings = { find: async (): Promise<AppNotificationSettings | undefined> => everyUrl };
  const numbers = new Map([
    ['+919876543210', 'Asha'],
    ['+442079460000', 'Basil'],
  ]);
  const contacts = {
    find: async (_account: string, _app: string, number: string) => {
      const name = numbers.get(number);
      return name === undefined ? undefined : { name, customField: undefined };
    },
  };
  const context = new AppContext({
    settings: { find: () => settings.find() },
    identities: { find: async () => ({ customerId: 'cust-1', exotelDomain: 'mumbai' }) },
    contacts: new CallersByAnyNumber({ contacts, carriers: carriersOf(country) }),
    clock,
    logger: silentLogger,
  });
  const common = { context, outbox, clock, onQueued() {} };
  const late = new LateNotices({ ...common, random: systemRandom, logger: silentLogger });
  const flows = new FlowNotices({ ...common, late });
  const tell = (type: FlowStep['type'], query: Record<string, string>, appId = 'app_abc123') =>
    flows.trigger({ app: { id: appId, accountSid: 'acct1', customerId: 'c', exotelDomain: 'mumbai' }, type, query });
  return { clock, settings, tell, kept: () => [...outbox.kept.values()] };
}

describe('what a flow elsewhere tells', () => {
  it('of each agent that it rings is an event of its own; the same request again is none', async () => {
    const { tell, kept } = begin();
    await tell('popup', { CallSid: 'c1', DialWhomNumber: 'sip:one' });
    await tell('popup', { CallSid: 'c1', DialWhomNumber: 'sip:two' });
    await tell('popup', { CallSid: 'c1', DialWhomNumber: 'sip:two' });
    expect(kept().map(({ payload }) => JSON.parse(payload ?? '').to)).toEqual(['sip:one', 'sip:two']);
    expect(new Set(kept().map(({ delivery }) => delivery?.deliveryId)).size).toBe(2);
  });

  it.each([
    ['IN', '09876543210', 'Asha'],
    ['IN', ' 919876543210', 'Asha'], // A plus that was not escaped.
    ['GB', '+919876543210', 'Asha'],
    ['GB', '02079460000', 'Basil'],
    ['GB', '09876543210', undefined],
    [undefined, '09876543210', 'Asha'],
    ['IN', 'anonymous', undefined],
    ['IN', '', undefined],
  ])('in %s, of the caller %j: the directory’s %s', async (country, from, name) => {
    const { tell, kept } = begin(country);
    await tell('popup', { CallSid: 'c1', CallFrom: from, DialWhomNumber: 'sip:one' });
    const [body] = kept().map(({ payload }) => JSON.parse(payload ?? ''));
    expect(body).toMatchObject({ event: 'incoming_call', from });
    expect(body.caller_info?.name).toBe(name);
  });

  it.each([
    ['order-42', 'order-42'],
    ['x'.repeat(500), 'x'.repeat(128)],
    ['null', undefined],
    ['', undefined],
  ])('goes along with the custom field of its call: %j', async (CustomField, told) => {
    const { tell, kept } = begin();
    await tell('popup', { CallSid: 'c1', DialWhomNumber: 'sip:one', CustomField });
    await tell('missedcall', { CallSid: 'c1', CustomField });
    expect(kept().map(({ payload }) => JSON.parse(payload ?? '').custom_field)).toEqual([told, told]);
  });

  it('of one app hides nothing of another, nor of a call of ours', async () => {
    const { clock, tell, kept } = begin();
    const { callSid } = makeCall();
    await tell('missedcall', { CallSid: callSid });
    await tell('missedcall', { CallSid: callSid }, 'app_other');
    expect(kept().map(({ appId }) => appId)).toEqual(['app_abc123', 'app_other']);
    const story = new Story(clock);
    await story.begin(makeCall(), [makeLeg('leg_1')]);
    await story.end('no-answer', at('10:30:31.000'));
    const forged = kept().map(({ eventId, delivery }) => [eventId, delivery?.deliveryId]);
    const real = story.notice('missed_call');
    expect(forged.flat()).not.toContain(real?.eventId);
    expect(forged.flat()).not.toContain(real?.delivery?.deliveryId);
  });

  it('is kept once the settings of the app can be read again, and not twice', async () => {
    const { clock, settings, tell, kept } = begin();
    settings.find = () => Promise.reject(new Error('the database is away'));
    await tell('popup', { CallSid: 'c1', DialWhomNumber: 'sip:one' });
    await tell('popup', { CallSid: 'c1', DialWhomNumber: 'sip:one' });
    expect(kept()).toEqual([]);
    settings.find = async () => everyUrl;
    await clock.advanceAsync(1_000);
    expect(kept().map(({ type, delivery }) => [type, delivery?.url])).toEqual([['incoming_call', everyUrl.popupUrl]]);
  });

  it('is bounded: any sid fits, and any duration has a date', async () => {
    const { tell, kept } = begin();
    await tell('incomingcallhungup', { CallSid: '\u4e00'.repeat(2_000), DialCallDuration: '1e300' });
    await tell('incomingcallhungup', { CallSid: '' });
    const [long, empty] = kept();
    expect(long?.callSid).toHaveLength(128);
    expect(JSON.parse(long?.payload ?? '')).toMatchObject({ duration: 1_000_000, talk_time: 1_000_000 });
    expect(empty?.callSid).not.toBe('');
  });
});
