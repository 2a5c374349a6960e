import { VoiceError, type VoiceProblem } from '@intermix/voice-sdk';
import { describe, expect, it } from 'vitest';
import { clockText, complaintOf, endText, registrationComplaint } from './words.js';

describe('clockText', () => {
  it.each([
    [-5, '0:00'],
    [0, '0:00'],
    [9_999, '0:09'],
    [187_000, '3:07'],
    [3_765_000, '1:02:45'],
  ])('writes %i ms as %s', (ms, text) => {
    expect(clockText(ms)).toBe(text);
  });
});

describe('complaintOf', () => {
  it.each(['microphone-blocked', 'not-connected', 'hold-refused', 'dtmf-refused'] satisfies VoiceProblem[])(
    'gives a sentence and the cure of the SDK for %s',
    (problem) => {
      const error = new VoiceError(problem, 'the thing went wrong');
      const { title, cure } = complaintOf(error);
      expect(title).toMatch(/^[A-Z].*\.$/);
      expect(cure).toBe(error.cure);
    },
  );

  it('does not hide an error that it does not know', () => {
    expect(complaintOf(new Error('boom')).cure).toBe('boom');
  });
});

it('calls an incoming call that was given up or not taken missed, an outgoing one by its end', () => {
  expect(endText({ reason: 'cancelled', by: 'remote' }, 'incoming')).toBe('Missed');
  expect(endText({ reason: 'no-answer', by: 'local' }, 'incoming')).toBe('Missed');
  expect(endText({ reason: 'cancelled', by: 'local' }, 'outgoing')).toBe('Cancelled');
  expect(endText({ reason: 'answered-elsewhere', by: 'remote' }, 'incoming')).toBe('Answered on another device');
});

it('says for every failed registration what helps, and nothing when it was asked for', () => {
  expect(registrationComplaint({ reason: 'requested', willRetry: false })).toBeUndefined();
  for (const reason of ['credentials-rejected', 'account-unknown', 'connection-failed', 'server-refused'] as const) {
    const complaint = registrationComplaint({ reason, willRetry: true });
    expect(complaint?.title).toMatch(/\.$/);
    expect(complaint?.cure).not.toBe('');
  }
});
