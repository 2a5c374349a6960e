import type { CallChange, CallMedia, CallRecord } from '@intermix/calls';
import { silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import type { AppSettings } from '@intermix/store';
import { ActiveStreams } from '@intermix/streaming';
import { describe, expect, it, vi } from 'vitest';
import { streamingSide } from './streaming-side.js';

const call = {
  ...{ callSid: 'call-1', accountSid: 'account-1', appId: 'app-1', direction: 'inbound' },
  ...{ from: '+919876543210', to: '+918047100000' },
} as CallRecord;

function makeSide(settings: Partial<AppSettings> | undefined, result: object | Error = { status: 'completed' }) {
  const listeners: Record<string, ((...args: never[]) => void)[]> = {};
  const orders: unknown[] = [];
  const leg = {
    attach: async (kind: string, spec: unknown) => {
      orders.push({ kind, spec });
      if (result instanceof Error) throw result;
      const ended = Promise.resolve({ how: 'ended', result });
      return { kind, ended, onEvent: () => () => {}, tell() {}, close() {} };
    },
  };
  const told: unknown[] = [];
  const records = { apply: async ({ events }: CallChange) => void told.push(...(events ?? [])) };
  const side = streamingSide({
    records,
    calls: {
      on(event, listener) {
        listeners[event] = [...(listeners[event] ?? []), listener as never];
        return () => {};
      },
      mediaOf: () => ({ leg, recording: undefined }) as unknown as CallMedia,
    },
    settings: { find: async () => settings as AppSettings | undefined },
    ...{
      streams: new ActiveStreams(),
      allowPrivate: true,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    },
  });
  const emit = async (event: 'answered' | 'ended', record: CallRecord) => {
    for (const listener of listeners[event] ?? []) listener(record as never);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return { side, orders, told, emit };
}

const streamingUrl = 'wss://listener.example/calls';

describe('the app setting streaming', () => {
  it('opens one stream for an answered call: both tracks, one way', async () => {
    const { orders, emit } = makeSide({ streamingEnabled: true, streamingUrl });
    await emit('answered', call);
    await emit('answered', call); // Another party, whom a program rang.
    expect(orders).toMatchObject([
      {
        kind: 'stream',
        spec: { url: streamingUrl, mode: 'one-way', tracks: 'both', callSid: 'call-1', allowPrivate: true },
      },
    ]);
    await emit('ended', call);
    await emit('answered', call);
    expect(orders).toHaveLength(2);
  });

  it.each([
    ['is off', { streamingEnabled: false, streamingUrl }],
    ['has no URL', { streamingEnabled: true, streamingUrl: undefined }],
    ['cannot be found', undefined],
  ])('opens none where it %s', async (_, settings) => {
    const { orders, emit } = makeSide(settings);
    await emit('answered', call);
    expect(orders).toEqual([]);
  });

  it.each([
    ['fails', { status: 'failed', detailedStatus: 'Streaming_handshake_failed', error: '3009 nobody', durationSec: 0 }],
    ['cannot be opened', new Error('the media process died')],
  ])('tells the record of a call whose stream %s', async (_, result) => {
    const { told, emit } = makeSide({ streamingEnabled: true, streamingUrl }, result);
    await emit('answered', call);
    const word = { detailed_status: 'Streaming_handshake_failed', error: '3009 nobody', duration_sec: 0 };
    const data = result instanceof Error ? { error: expect.any(String) } : word;
    await vi.waitFor(() => expect(told).toMatchObject([{ callSid: 'call-1', type: 'stream-failed', data }]));
  });

  it('tells it nothing of one that ends well', async () => {
    const { told, emit } = makeSide({ streamingEnabled: true, streamingUrl });
    await emit('answered', call);
    await emit('ended', call);
    expect(told).toEqual([]);
  });

  it('opens none for a call of no app', async () => {
    const { orders, emit } = makeSide({ streamingEnabled: true, streamingUrl });
    await emit('answered', { ...call, appId: undefined });
    expect(orders).toEqual([]);
  });
});
