import type { AttachmentEnd, MediaAttachment } from '@intermix/media';
import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { openStream, type StreamOptions } from './open-stream.js';
import type { StreamSpec } from './stream-spec.js';

const options: StreamOptions = {
  url: 'wss://key:token@bot.example/calls?sample-rate=16000',
  mode: 'bidirectional',
  callSid: 'call-1',
  accountSid: 'account-1',
  from: '+911',
  to: '+912',
  allowPrivate: false,
};

function makeLeg() {
  const clock = new FakeClock();
  const orders: { kind: string; spec: StreamSpec }[] = [];
  const told: unknown[] = [];
  const listeners = new Set<(event: unknown) => void>();
  let end: (end: AttachmentEnd) => void = () => {};
  const ended = new Promise<AttachmentEnd>((resolve) => {
    end = resolve;
  });
  const attach = async (kind: string, spec: unknown): Promise<MediaAttachment> => {
    orders.push({ kind, spec: spec as StreamSpec });
    return {
      ...{ callId: 'call-1', legId: 'leg-1', kind, ended },
      onEvent(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      tell: (command) => told.push(command),
      close: () => told.push('close'),
    };
  };
  const emit = (event: unknown) => {
    for (const listener of listeners) listener(event);
  };
  return { clock, attach, orders, told, emit, end: (how: AttachmentEnd) => end(how) };
}

describe('openStream', () => {
  it('orders an attachment of plain data, and gives what comes of it', async () => {
    const leg = makeLeg();
    const stream = await openStream(leg.attach, options, { clock: leg.clock });
    expect(stream.streamSid).toMatch(/^[0-9a-f]{32}$/);
    expect(leg.orders[0]?.kind).toBe('stream');
    expect(structuredClone(leg.orders[0]?.spec)).toMatchObject({
      ...{ streamSid: stream.streamSid, url: options.url, mode: 'bidirectional', tracks: 'inbound' },
      ...{ frameMs: 100, legDigits: true, handshakeTimeoutMs: 10_000, maxDurationMs: 3_600_000 },
    });
    const started: unknown[] = [];
    stream.onStarted((event) => started.push(event));
    leg.emit({ type: 'started', streamUrl: 'wss://bot.example/', sampleRate: 16_000 });
    leg.emit({ type: 'something else' });
    expect(started).toHaveLength(1);
    leg.end({ how: 'ended', result: { status: 'completed' } });
    expect(await stream.ended).toEqual({ status: 'completed' });
  });

  it('stops with the reason, and passes on digits that it is given until the end', async () => {
    const leg = makeLeg();
    let press: ((digit: { digit: string; durationMs: number }) => void) | undefined;
    const onDigit = (listener: typeof press) => {
      press = listener;
      return () => {
        press = undefined;
      };
    };
    const stream = await openStream(leg.attach, { ...options, onDigit }, { clock: leg.clock });
    expect(leg.orders[0]?.spec.legDigits).toBe(false);
    press?.({ digit: '5', durationMs: 100 });
    stream.stop('callended');
    expect(leg.told).toEqual([
      { type: 'digit', digit: '5', durationMs: 100 },
      { type: 'stop', reason: 'callended' },
      'close',
    ]);
    leg.end({ how: 'ended', result: {} });
    await stream.ended;
    expect(press).toBeUndefined();
  });

  it.each([
    ['no URL', { url: 'bot.example' }],
    ['a rate that is none', { sampleRate: 44_100 }],
    ['too many parameters', { customParameters: { a: '1', b: '2', c: '3', d: '4' } }],
  ])('an order with %s is a failed stream, and nothing is attached', async (_, more) => {
    const leg = makeLeg();
    const stream = await openStream(leg.attach, { ...options, ...more }, { clock: leg.clock });
    expect(await stream.ended).toMatchObject({
      ...{ status: 'failed', disconnectedBy: 'NA', detailedStatus: 'Streaming_bad_url', streamSid: stream.streamSid },
    });
    expect((await stream.ended).streamUrl).not.toContain('token');
    expect(leg.orders).toEqual([]);
    stream.stop();
  });

  it('tells of a stream that came to nothing by a fault of ours', async () => {
    const leg = makeLeg();
    const stream = await openStream(leg.attach, options, { clock: leg.clock });
    leg.end({ how: 'ended', result: undefined });
    expect(await stream.ended).toMatchObject({ status: 'failed', detailedStatus: 'Streaming_internal_error' });
  });

  it('tells of a media process that died, and rejects with what attach rejects', async () => {
    const leg = makeLeg();
    const stream = await openStream(leg.attach, options, { clock: leg.clock });
    leg.emit({ type: 'started' });
    leg.clock.advance(7_000);
    leg.end({ how: 'engine-lost' });
    expect(await stream.ended).toMatchObject({
      status: 'failed',
      detailedStatus: 'Streaming_engine_lost',
      durationSec: 7,
    });
    const over = Promise.reject(new Error('call-over'));
    await expect(openStream(() => over, options)).rejects.toThrow('call-over');
  });
});
