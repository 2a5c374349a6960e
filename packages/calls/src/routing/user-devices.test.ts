import { describe, expect, it } from 'vitest';
import { Bench, domain, nothingLeft } from '../testing/bench.js';
import { dialIn, fromCustomer, number } from '../testing/two-users.js';

const alicesPhone = '+919800000001';
const secondNumber = '+918047110002';

/** Alice with the devices that a test asks for, and two numbers of one carrier. */
async function makeBench(alice: Parameters<Bench['directory']['addUser']>[1] = {}, carrier = {}) {
  const bench = new Bench();
  bench.directory.addUser('alice', { name: 'Alice A', phone: alicesPhone, ...alice });
  bench.directory.addUser('bob');
  bench.directory.addCarrier(carrier);
  bench.directory.addDid(number, ['u-alice']);
  bench.directory.addDid(secondNumber, ['u-bob']);
  await bench.start();
  return { bench, carrier: await bench.carrier() };
}

const both = { devices: { sip: true, phone: true } };
const phoneOnly = { devices: { sip: false, phone: true } };

describe('the devices of a user', () => {
  it('[DEV1] ring together; the telephone line answers first', async () => {
    const { bench, carrier } = await makeBench(both);
    const browser = await bench.registered('alice');
    const customer = dialIn(carrier);
    await bench.run();
    expect([browser.calls.length, carrier.calls.length]).toEqual([1, 1]);
    const line = carrier.calls[0]!.incoming.request;
    expect(line.uri.toString()).toContain(alicesPhone);
    expect(line.from.uri.toString()).toContain(number); // Carriers take no number but ours.
    expect(line.headers.has('X-Exotel-CallSid')).toBe(false);
    carrier.calls[0]!.answer();
    await bench.run();
    expect(customer.session).toBeDefined();
    expect(browser.calls[0]!.cancelled).toBe(true);
    const { call, legs } = await bench.record();
    expect(call).toMatchObject({ status: 'in-progress', userId: 'u-alice', exophone: number });
    expect(legs.map(({ kind, userId, device }) => [kind, userId, device])).toEqual([
      ['carrier', undefined, undefined],
      ['browser', 'u-alice', 'sip'],
      ['carrier', 'u-alice', 'phone'],
    ]);
    customer.session!.bye();
    await bench.run();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[DEV2] sip off: registered browsers stay silent', async () => {
    const { bench, carrier } = await makeBench(phoneOnly);
    const browser = await bench.registered('alice');
    dialIn(carrier);
    await bench.run();
    expect([browser.calls.length, carrier.calls.length]).toEqual([0, 1]);
    await bench.close();
  });

  it('[DEV3] phone off: the telephone line stays silent', async () => {
    const { bench, carrier } = await makeBench();
    const browser = await bench.registered('alice');
    dialIn(carrier);
    await bench.run();
    expect([browser.calls.length, carrier.calls.length]).toEqual([1, 0]);
    await bench.close();
  });

  it.each([
    ['has no number', { phone: undefined }, 'unreachable'],
    ['is a number of ours, which would ring the user again', { phone: secondNumber }, 'unreachable'],
    ['is in a country that may not be dialled', { phone: '+14155550100' }, 'not-allowed'],
  ])('[DEV4] a telephone line that %s does not ring', async (_what, overrides, reason) => {
    const { bench, carrier } = await makeBench({ ...phoneOnly, ...overrides });
    const customer = dialIn(carrier);
    await bench.run();
    expect(carrier.calls).toEqual([]);
    expect(customer.failure?.status).toBe(480);
    const { call } = await bench.record();
    expect(call).toMatchObject({ userId: 'u-alice', termination: { reason } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it("[DEV4] a telephone line that is another account's number rings", async () => {
    const { bench, carrier } = await makeBench({ ...phoneOnly, phone: '+918047119999' });
    bench.directory.addDid('+918047119999', [], { accountSid: 'other', carrierId: 'car_other' });
    dialIn(carrier);
    await bench.run();
    expect(carrier.calls).toHaveLength(1);
    await bench.close();
  });

  it("[DEV5] a telephone line takes a channel of the carrier, and gives it back at its leg's end", async () => {
    const { bench, carrier } = await makeBench(phoneOnly, { outboundChannels: 1 });
    dialIn(carrier);
    await bench.run();
    const second = dialIn(carrier);
    await bench.run();
    expect(second.failure?.status).toBe(480);
    carrier.calls[0]!.incoming.reject(486);
    await bench.run();
    dialIn(carrier);
    await bench.run();
    expect(carrier.calls).toHaveLength(2);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[DEV6] a channel taken for one user is given back when another cannot be looked up', async () => {
    const bench = new Bench();
    bench.directory.addUser('alice', { ...phoneOnly, phone: alicesPhone });
    bench.directory.addUser('bob', { ...phoneOnly, phone: '+919800000002', accountSid: 'broken' });
    bench.directory.addCarrier({ outboundChannels: 1 });
    bench.directory.addDid(number, ['u-alice', 'u-bob']);
    const listDids = bench.directory.listDids.bind(bench.directory);
    let isBroken = true;
    bench.directory.listDids = async (sid) => {
      if (sid === 'broken' && isBroken) throw new Error('database away');
      return listDids(sid);
    };
    await bench.start();
    const carrier = await bench.carrier();
    const first = dialIn(carrier);
    await bench.run();
    expect(first.failure?.status).toBe(500);
    isBroken = false;
    dialIn(carrier);
    await bench.run();
    expect(carrier.calls).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it("[DEV7] a colleague's telephone line rings too, shown the caller's own number", async () => {
    const { bench, carrier } = await makeBench(both);
    bench.directory.users[1]!.user = { ...bench.directory.users[1]!.user, virtualNumber: secondNumber };
    const bob = await bench.registered('bob');
    bob.call(`sip:alice@${domain}`, `<sip:bob@${domain}>`);
    await bench.run();
    expect(carrier.calls[0]!.incoming.request.from.uri.toString()).toContain(secondNumber);
    const { call } = await bench.record();
    expect(call).toMatchObject({ direction: 'internal', userId: 'u-bob', exophone: undefined });
    await bench.close();
  });
});

describe("a user's calls to numbers", () => {
  it.each([
    [secondNumber, secondNumber],
    [undefined, number],
    ['+918047119999', number],
  ])('[DEV8] with %s as virtual number show %s', async (virtualNumber, shown) => {
    const { bench, carrier } = await makeBench({ virtualNumber });
    const alice = await bench.registered('alice');
    alice.call(`sip:+919876543210@${domain}`, `<sip:alice@${domain}>`);
    await bench.run();
    expect(carrier.calls[0]!.incoming.request.from.uri.toString()).toContain(shown);
    const { call, legs } = await bench.record();
    expect(call).toMatchObject({ direction: 'outbound', userId: 'u-alice', exophone: shown, from: shown });
    expect(legs.map(({ role, userId, device }) => [role, userId, device])).toEqual([
      ['caller', 'u-alice', 'sip'],
      ['callee', undefined, undefined],
    ]);
    await bench.close();
  });
});

it.each([
  ['a number of the simulated network', '+911130000002', '+918000000001'],
  ['any other number', '+919876543210', secondNumber],
])(
  '[DEV10] to %s: the simulated network has its own, the virtual number decides the rest',
  async (_what, to, shown) => {
    const simulatedAddress = { host: '203.0.113.9', port: 5060 };
    const bench = new Bench({ simulatedPrefixes: ['+911130000'] }, { simulatedAddress });
    bench.directory.addUser('alice', { virtualNumber: secondNumber });
    bench.directory.addCarrier({ id: 'car_sim', simulated: true });
    bench.directory.addDid('+918000000001', ['u-alice'], { carrierId: 'car_sim' });
    bench.directory.addCarrier();
    bench.directory.addDid(number, ['u-alice']);
    bench.directory.addDid(secondNumber, ['u-alice']);
    await bench.start();
    await bench.carrier();
    await bench.carrier({ host: simulatedAddress.host });
    const alice = await bench.registered('alice');
    alice.call(`sip:${to}@${domain}`, `<sip:alice@${domain}>`);
    await bench.run();
    expect((await bench.record()).call).toMatchObject({ to, exophone: shown });
    const dialled = bench.phones.flatMap((phone) => phone.calls.map(({ incoming }) => incoming.request));
    expect(dialled).toHaveLength(1);
    expect(dialled[0]!.uri.toString()).toContain(to.startsWith('+9111') ? simulatedAddress.host : '203.0.113.5');
    expect(dialled[0]!.from.uri.toString()).toContain(shown);
    await bench.close();
  },
);

it('[DEV9] a call to several users is of the first until another of them answers', async () => {
  const bench = new Bench();
  for (const name of ['alice', 'bob']) bench.directory.addUser(name);
  bench.directory.addCarrier();
  bench.directory.addDid(number, ['u-alice', 'u-bob']);
  await bench.start();
  const carrier = await bench.carrier();
  await bench.registered('alice');
  const bob = await bench.registered('bob');
  carrier.call(`sip:${number}@10.0.0.1`, fromCustomer);
  await bench.run();
  expect((await bench.record()).call.userId).toBe('u-alice');
  bob.calls[0]!.answer();
  await bench.run();
  expect((await bench.record()).call.userId).toBe('u-bob');
  await bench.close();
});
