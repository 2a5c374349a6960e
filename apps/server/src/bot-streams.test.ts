import { type Admitted, type Fleet, FleetError, type Refused, type StoredBot } from '@intermix/bots';
import type { StreamHandle } from '@intermix/streaming';
import { expect, it } from 'vitest';
import { botStreams } from './bot-streams.js';

const url = 'wss://fleet.example/exotel/bot_1';
const request = {
  ...{ url: '', botId: 'bot_1', callSid: 'c', accountSid: 'acc', from: '+911', to: '+912' },
  mode: 'bidirectional' as const,
};
const attach = () => Promise.reject(new Error('not here'));

function begin(
  admission: Admitted | Refused,
  open: () => Promise<StreamHandle>,
  chooseFleetServer: Fleet['chooseFleetServer'] = () => Promise.reject(FleetError.noneHealthy()),
  streamUrlOf = async (account: string, botId: string) =>
    `wss://fleet.example/exotel/${account === 'acc' ? botId : 'foreign'}`,
) {
  const asked: string[] = [];
  const opener = botStreams({
    gate: { admitCall: async () => admission },
    streams: {
      open: (_, options) => {
        asked.push(options.url);
        return open();
      },
    },
    overflow: {
      bots: {
        find: async (_, botId) =>
          ({ id: botId, accountSid: 'acc', auth: { type: 'token', token: 'planted' } }) as StoredBot,
      },
      fleet: () => ({ chooseFleetServer }),
      allowPrivate: false,
      ownUrl: 'https://own.example',
    },
    streamUrlOf,
  });
  return { asked, open: () => opener(attach, request) };
}

function admitted(): { admission: Admitted; given: () => number } {
  let count = 0;
  const giveBack = () => {
    count++;
  };
  return { admission: { ok: true, sessionId: 's', port: 4321, ticket: 'planted', giveBack }, given: () => count };
}

function stream(hasBegun: boolean, error?: string): StreamHandle {
  const nothing = {
    streamSid: 'st',
    durationSec: 0,
    disconnectedBy: 'NA',
    streamUrl: 'ws://127.0.0.1:4321/exotel/bot_1',
  };
  const end = { ...nothing, status: error ? 'failed' : 'completed', ...(error && { error }) };
  return {
    streamSid: 'st',
    ended: Promise.resolve(end as Awaited<StreamHandle['ended']>),
    onStarted: (listener) => {
      if (hasBegun) listener({} as never);
      return () => {};
    },
    stop() {},
  };
}

it('is opened on loopback by a ticket, and told under the address that others know', async () => {
  const { admission, given } = admitted();
  const { open, asked } = begin(admission, async () => stream(true));
  const end = await (await open()).ended;
  expect(end).toMatchObject({ status: 'completed', streamUrl: url });
  expect(asked).toEqual(['ws://ticket:planted@127.0.0.1:4321/exotel/bot_1']);
  expect(given()).toBe(0);
});

it('tells what went wrong without saying where the process listens, and gives its place back', async () => {
  const { admission, given } = admitted();
  const said = '3009 failed to establish ws conn: 127.0.0.1:4321 answered the WebSocket handshake with status 404.';
  const { open } = begin(admission, async () => stream(false, said));
  const end = await (await open()).ended;
  expect(end.error).toBe('3009 failed to establish ws conn: the bot answered the WebSocket handshake with status 404.');
  expect([JSON.stringify(end).includes('127.0.0.1'), given()]).toEqual([false, 1]);
});

it('gives its place back when the leg cannot have a stream', async () => {
  const { admission, given } = admitted();
  const { open } = begin(admission, () => Promise.reject(new Error('no leg')));
  await expect(open()).rejects.toThrow('no leg');
  expect(given()).toBe(1);
});

it('is told as failed when the gate refuses', async () => {
  const { open, asked } = begin({ ok: false, status: 429, why: 'Full.' }, () => Promise.reject(new Error('never')));
  expect(await (await open()).ended).toMatchObject({
    status: 'failed',
    error: expect.stringContaining('Full.'),
    streamUrl: url,
  });
  expect(asked).toEqual([]);
});

it.each([429, 503] as const)(
  'is opened on the server of the fleet with most room when here it is refused with %i',
  async (status) => {
    const refusal: Refused = { ok: false, status, why: 'Full.' };
    const { open, asked } = begin(
      refusal,
      async () => stream(true),
      async (_, choice) => {
        expect(choice).toEqual({ withinMs: 2_000, except: 'https://own.example' });
        return 'https://other.example';
      },
    );
    expect(await (await open()).ended).toMatchObject({ status: 'completed', streamUrl: url });
    expect(asked).toEqual(['wss://other.example/exotel/bot_1?token=planted']);
  },
);

it('says that no server of the fleet has room either, and asks none for a bot that is not there', async () => {
  const full = begin({ ok: false, status: 429, why: 'Full.' }, async () => stream(true));
  expect(await (await full.open()).ended).toMatchObject({
    status: 'failed',
    error: 'Full. No healthy fleet server available.',
  });
  const gone = begin(
    { ok: false, status: 404, why: 'None.' },
    async () => stream(true),
    async () => 'https://o.example',
  );
  expect(await (await gone.open()).ended).toMatchObject({ status: 'failed', error: 'None.' });
  expect([...full.asked, ...gone.asked]).toEqual([]);
});

it('has its bot though nobody can say under which address others know it', async () => {
  const { admission } = admitted();
  const unknown = () => Promise.reject(new Error('the database is away'));
  const { open, asked } = begin(admission, async () => stream(true), undefined, unknown);
  expect(await (await open()).ended).toMatchObject({ status: 'completed', streamUrl: '/exotel/bot_1' });
  expect(asked).toHaveLength(1);
});
