import { describe, expect, it } from 'vitest';
import { readBotMessage, writeBotMessage } from './bot-message.js';
import { octetsOf, samplesOf } from './pcm.js';
import { PlatformMessageWriter, readPlatformMessage } from './platform-message.js';

const start = {
  streamSid: 'stream-1',
  callSid: 'call-1',
  accountSid: 'account-1',
  from: '+919876543210',
  to: '+918047100000',
  customParameters: { key1: 'value1' },
  sampleRate: 8000,
};
const audio = Buffer.from([1, 0, 2, 0]);

describe('what the platform says', () => {
  it('is written as the reference has it, numbers as text and counted from start', () => {
    const writer = new PlatformMessageWriter('stream-1');
    expect(writer.connected()).toBe('{"event":"connected"}');
    expect(JSON.parse(writer.start(start))).toEqual({
      event: 'start',
      sequence_number: '1',
      stream_sid: 'stream-1',
      start: {
        stream_sid: 'stream-1',
        call_sid: 'call-1',
        account_sid: 'account-1',
        from: '+919876543210',
        to: '+918047100000',
        custom_parameters: { key1: 'value1' },
        media_format: { encoding: 'audio/x-raw', sample_rate: '8000', bit_rate: '16' },
      },
    });
    expect(JSON.parse(writer.media({ chunk: 2, timestampMs: 200, audio }))).toEqual({
      event: 'media',
      sequence_number: '2',
      stream_sid: 'stream-1',
      media: { chunk: '2', timestamp: '200', payload: 'AQACAA==' },
    });
    expect(JSON.parse(writer.dtmf('5', 100))).toEqual({
      event: 'dtmf',
      sequence_number: '3',
      stream_sid: 'stream-1',
      dtmf: { digit: '5', duration: '100' },
    });
    expect(JSON.parse(writer.mark('reply-1'))).toEqual({
      event: 'mark',
      sequence_number: '4',
      stream_sid: 'stream-1',
      mark: { name: 'reply-1' },
    });
    expect(JSON.parse(writer.stop({ callSid: 'call-1', accountSid: 'account-1', reason: 'callended' }))).toEqual({
      event: 'stop',
      sequence_number: '5',
      stream_sid: 'stream-1',
      stop: { call_sid: 'call-1', account_sid: 'account-1', reason: 'callended' },
    });
  });

  it('comes back whole from our own reader, fields of ours too', () => {
    const writer = new PlatformMessageWriter('stream-1');
    const whole = { ...start, tracks: ['inbound', 'outbound'] as const, binary: true };
    expect(readPlatformMessage(writer.start(whole))).toEqual({ event: 'start', start: whole });
    const media = {
      chunk: 1,
      timestampMs: 100,
      audio,
      track: 'outbound' as const,
      queue: { queueMs: 40, playedMs: 60 },
    };
    expect(readPlatformMessage(writer.media(media))).toEqual({ event: 'media', media });
    const queue = { queueMs: 0, playedMs: 20 };
    expect(readPlatformMessage(writer.mark('a', queue))).toEqual({ event: 'mark', name: 'a', queue });
    expect(readPlatformMessage(writer.dtmf('#', 80))).toEqual({ event: 'dtmf', digit: '#', durationMs: 80 });
    const stop = { callSid: 'call-1', accountSid: 'account-1', reason: 'stopped' };
    expect(readPlatformMessage(writer.stop(stop))).toEqual({ event: 'stop', stop });
    expect(readPlatformMessage(writer.connected())).toEqual({ event: 'connected' });
  });

  it('is read from other writers: numbers as numbers, ids in the other spelling, members missing', () => {
    const text = JSON.stringify({
      event: 'start',
      sequence_number: 1,
      streamSid: 'stream-2',
      start: {
        call_sid: 'call-2',
        custom_parameters: { a: 1, b: {} },
        media_format: { sample_rate: 16_000, bit_rate: '128kbps' },
      },
    });
    expect(readPlatformMessage(text)).toMatchObject({
      start: { streamSid: 'stream-2', callSid: 'call-2', sampleRate: 16_000, customParameters: { a: '1' }, from: '' },
    });
    const media = '{"event":"media","media":{"chunk":7,"timestamp":"700","payload":"AQACAA=="}}';
    expect(readPlatformMessage(media)).toMatchObject({ media: { chunk: 7, timestampMs: 700, audio } });
    expect(readPlatformMessage('{"event":"stop"}')).toMatchObject({ event: 'stop' });
    expect(readPlatformMessage('{"event":"clear"}')).toEqual({ event: 'unknown', name: 'clear' });
  });
});

describe('what a bot says', () => {
  it('comes back from our own writers', () => {
    expect(readBotMessage(writeBotMessage.media('s', audio))).toEqual({ event: 'media', audio });
    expect(readBotMessage(writeBotMessage.mark('s', 'reply'))).toEqual({ event: 'mark', name: 'reply' });
    expect(readBotMessage(writeBotMessage.clear('s'))).toEqual({ event: 'clear' });
  });

  it.each([
    ['documented', '{"event":"media","stream_sid":"s","media":{"payload":"AQACAA=="}}'],
    [
      'as the sample bots write it',
      '{"event":"media","streamSid":"s","media":{"chunk":"1","timestamp":"20","sequenceNumber":"3","payload":"AQACAA=="}}',
    ],
    ['without an id', '{"event":"media","media":{"payload":"AQACAA=="}}'],
    ['with line breaks in the Base64', '{"event":"media","media":{"payload":"AQAC\\nAA==\\n"}}'],
    ['without padding', '{"event":"media","media":{"payload":"AQACAA"}}'],
  ])('media is read %s', (_, text) => {
    expect(readBotMessage(text)).toEqual({ event: 'media', audio });
  });

  it.each(['dtmf', 'connected', 'hangup', 'start'])('%s is tolerated', (event) => {
    expect(readBotMessage(JSON.stringify({ event, [event]: { digit: '1' } }))).toEqual({
      event: 'unknown',
      name: event,
    });
  });

  it.each([
    ['not-json', ''],
    ['not-json', 'hello'],
    ['not-json', '{"event":"media"'],
    ['no-event', '[]'],
    ['no-event', 'null'],
    ['no-event', '7'],
    ['no-event', '{}'],
    ['no-event', '{"event":7}'],
    ['bad-field', '{"event":"media"}'],
    ['bad-field', '{"event":"media","media":"AQAC"}'],
    ['bad-field', '{"event":"media","media":{}}'],
    ['bad-field', '{"event":"media","media":{"payload":[1,2]}}'],
    ['bad-field', '{"event":"mark"}'],
    ['bad-audio', '{"event":"media","media":{"payload":"AQAC"}}'],
    ['bad-audio', '{"event":"media","media":{"payload":"!!!!!!!!!!!!!!!!"}}'],
  ])('is refused as %s: %s', (problem, text) => {
    expect(() => readBotMessage(text)).toThrow(expect.objectContaining({ code: 'ERR_STREAM_MESSAGE', problem }));
  });

  it('does not reach the prototype of anything', () => {
    expect(readBotMessage('{"event":"__proto__","__proto__":{"payload":"x"}}')).toMatchObject({ event: 'unknown' });
  });
});

it('turns octets into samples and back, from odd places in memory too', () => {
  const samples = Int16Array.from([0, 1, -1, 32_767, -32_768, 258]);
  const octets = octetsOf(samples);
  expect([...octets.subarray(10)]).toEqual([2, 1]); // Little-endian.
  const shifted = Buffer.concat([Buffer.from([9]), octets]).subarray(1);
  expect([...samplesOf(shifted)]).toEqual([...samples]);
  expect([...samplesOf(octets)]).toEqual([...samples]);
});
