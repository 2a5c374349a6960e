import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { account, connected, type Exotel, makeExotel, registered } from '../testing/exotel-fixture.js';
import { makePage, pass, settle } from '../testing/page-fixture.js';
import { ExotelWebClient } from './exotel-web-client.js';
import type { SipAccountInfo } from './sip-account-info.js';

const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);

beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  for (const name of ['log', 'info', 'warn', 'error'] as const) vi.spyOn(console, name).mockImplementation(() => {});
});

afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  process.off('uncaughtException', note);
  vi.restoreAllMocks();
  expect(unhandled).toEqual([]);
});

it.each([
  ['nothing', undefined],
  ['null', null],
  ['text', 'account'],
  ['no user', { ...account, userName: undefined }],
  ['no domain', { ...account, sipdomain: '' }],
  ['no port', { ...account, port: 0 }],
])('initWebrtc() with %s gives false, and DoRegister() after it too', async (_name, info) => {
  const { platform, network } = await makePage();
  const client = new ExotelWebClient(platform);
  expect(client.initWebrtc(info as unknown as SipAccountInfo)).toBe(false);
  expect(client.DoRegister()).toBe(false);
  expect(network.sockets).toHaveLength(0);
});

it.each([
  ['no password', { secret: undefined }],
  ['no host', { domain: undefined }],
  ['a domain that is none', { sipdomain: 'not a domain>' }],
  ['a user that is an object', { userName: {}, authUser: {} }],
  ['a scheme that is none', { security: 'https' }],
])('DoRegister() with %s gives false and says why in the log; a corrected account registers', async (_name, wrong) => {
  const { client, heard, network } = await makeExotel();
  const lines: string[] = [];
  client.registerLoggerCallback((type, message, args) => lines.push(`${type} ${message} ${JSON.stringify(args)}`));
  client.initWebrtc({ ...account, ...wrong } as unknown as SipAccountInfo, (state) => heard.push(state));
  expect(client.DoRegister()).toBe(false);
  await settle();
  expect(lines.join()).toMatch(/error the account cannot be registered .*\w/);
  expect(network.sockets).toHaveLength(0);
  client.initWebrtc(account, (state) => heard.push(state));
  expect(client.DoRegister()).toBe(true);
  await settle();
  expect(heard.at(-1)).toBe('registered');
});

it('DoRegister() takes an account that refers to itself', async () => {
  const round: Record<string, unknown> = { ...account };
  round.self = round;
  const { client, heard } = await makeExotel();
  expect(client.initWebrtc(round as unknown as SipAccountInfo, (state) => heard.push(state), null, null, true)).toBe(
    true,
  );
  expect(round).toMatchObject({ enableAutoAudioDeviceChangeHandling: true, sipUri: expect.any(String) });
  expect(client.DoRegister()).toBe(true);
  await settle();
  expect(heard.at(-1)).toBe('registered');
});

it('takes numbers where a page writes them without quotes', async () => {
  const { client, network } = await makeExotel({ userName: 1001 as unknown as string, authUser: 'priya', port: 443 });
  expect(client.DoRegister()).toBe(true);
  await settle();
  expect(network.sentByPage('REGISTER').at(-1)).toContain('username="1001"');
});

it('callbacks that throw, that reject, and that are no functions lose no call', async () => {
  const bad = [
    () => {
      throw Object.create(null);
    },
    async () => {
      throw new Error('page');
    },
    'no function',
    null,
    42,
  ];
  for (const callback of bad as never[]) {
    const exotel = await makeExotel();
    exotel.client.initWebrtc(account, callback, callback, callback);
    exotel.client.registerLoggerCallback(callback);
    exotel.client.DoRegister();
    await settle();
    exotel.client.checkClientStatus(callback);
    const invite = exotel.server.call();
    await settle();
    await exotel.client.getCall().Answer();
    expect(exotel.client.getCall().callState).toBe('connected');
    await exotel.client.getCall().Hangup();
    await settle();
    expect(invite).toBeDefined();
    exotel.client.UnRegister();
    await settle();
    expect(exotel.network.openSockets).toHaveLength(0);
  }
});

it('a step that does not fit the call rejects with what is wrong, and the call goes on', async () => {
  const { client, session } = await connected();
  const call = client.getCall();
  await expect(call.Answer()).rejects.toMatchObject({ problem: 'wrong-state' });
  for (const none of ['x', '', '12e', {}, undefined, 3.5]) {
    await expect(call.sendDTMF(none as string)).rejects.toMatchObject({ problem: 'invalid-dtmf' });
  }
  await call.Hold();
  await call.Hold();
  expect(session.ended).toBe(false);
  expect(call.callState).toBe('connected');
  await call.Hangup();
  await call.Hangup();
  for (const step of [call.Answer, call.Hold, call.UnHold, call.HoldToggle]) {
    await expect(step()).rejects.toMatchObject({ problem: 'call-ended' });
  }
});

it('a refused microphone leaves the call ringing, and the next Answer() may succeed', async () => {
  const { client, server, platform, heard } = await registered();
  server.call();
  await settle();
  platform.microphoneError = 'NotFoundError';
  await expect(client.getCall().Answer()).rejects.toMatchObject({ problem: 'microphone-missing' });
  expect(heard.at(-1)).toBe('session media_permission_denied +919876543210');
  expect(client.getCall().callState).toBe('ringing');
  platform.microphoneError = undefined;
  await client.getCall().Answer();
  expect(client.getCall().callState).toBe('connected');
});

it('a full localStorage disturbs neither the registration nor a call', async () => {
  const exotel = await makeExotel();
  exotel.platform.profileStored.set = () => {
    throw new Error('QuotaExceededError');
  };
  exotel.client.DoRegister();
  await settle();
  exotel.server.call();
  await settle();
  await exotel.client.getCall().Answer();
  await pass(exotel.clock, 10_000);
  expect(exotel.client.getCall().callState).toBe('connected');
});

type Step = (exotel: Exotel) => unknown;

/** Every public method, with what it expects and with anything; and what the world may do meanwhile. */
function steps(): fc.Arbitrary<[string, Step]> {
  const any = fc.oneof(
    fc.anything(),
    fc.constant(() => Promise.reject(new Error('page'))),
  );
  const step = (name: string, run: Step): fc.Arbitrary<[string, Step]> => fc.constant([name, run]);
  const method = (name: string, arity: number) =>
    fc
      .array(any, { maxLength: arity })
      .map((args): [string, Step] => [
        `${name}(${args.length})`,
        ({ client }) => (client as unknown as Record<string, (...a: unknown[]) => unknown>)[name]?.(...args),
      ]);
  const ofCall = (name: string) =>
    fc
      .oneof(fc.constantFrom('1', '#', '12,3'), any)
      .map((arg): [string, Step] => [
        `Call.${name}`,
        ({ client }) => (client.getCall() as unknown as Record<string, (a: unknown) => unknown>)[name]?.(arg),
      ]);
  const names = Object.entries(new ExotelWebClient({} as never))
    .filter(([, value]) => typeof value === 'function')
    .map(([name]) => name);
  const callNames = 'Answer Hangup Mute UnMute MuteToggle Hold UnHold HoldToggle sendDTMF callDetails'.split(' ');
  return fc.oneof(
    { weight: 4, arbitrary: step('DoRegister', ({ client }) => client.DoRegister()) },
    step('UnRegister', ({ client }) => client.UnRegister()),
    step('initWebrtc', ({ client }) => client.initWebrtc({ ...account })),
    step('wrong password', ({ client }) => client.initWebrtc({ ...account, secret: 'wrong' })),
    { weight: 4, arbitrary: fc.oneof(...names.map((name) => method(name, 5))) },
    { weight: 6, arbitrary: fc.oneof(...callNames.map(ofCall)) },
    {
      weight: 4,
      arbitrary: step(
        'a call comes',
        ({ server, network }) => network.openSockets[0] && server.contact && server.call(),
      ),
    },
    step('the socket is lost', ({ network }) => network.openSockets[0]?.server.close()),
    step('the network is away', ({ network }) => {
      network.up = !network.up;
    }),
    step('the microphone is refused', ({ platform }) => {
      platform.microphoneError = platform.microphoneError ? undefined : 'NotAllowedError';
    }),
    step('time passes', ({ clock }) => pass(clock, 3_000)),
    step('promises settle', () => settle()),
  );
}

it('any methods in any order throw nothing, reject nothing that nobody holds, and leave nothing open after UnRegister()', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps(), { minLength: 5, maxLength: 30 }), async (sequence) => {
      const exotel = await makeExotel();
      for (const [, run] of sequence) {
        await Promise.race([Promise.resolve(run(exotel)).catch(() => {}), settle()]);
      }
      exotel.network.up = true;
      void exotel.client.getCall().Hangup();
      exotel.client.UnRegister();
      await pass(exotel.clock, 120_000);
      expect(exotel.network.openSockets).toHaveLength(0);
      expect(exotel.platform.liveTracks).toHaveLength(0);
      expect(exotel.platform.peers.filter((peer) => !peer.closed)).toHaveLength(0);
      await exotel.server.endpoint.stop();
      await pass(exotel.clock, 120_000);
      expect(exotel.clock.pendingTimers).toBe(0);
    }),
    { numRuns: 60 },
  );
}, 60_000);
