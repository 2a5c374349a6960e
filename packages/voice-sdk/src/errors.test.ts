import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VoiceError, type VoiceErrorCode, type VoiceProblem } from './errors.js';

const page = readFileSync(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `(ERR_VOICE_[A-Z_]+)` \| .* \| (yes|no) \|$/gm)];

const problemOf = (code: string) => code.slice('ERR_VOICE_'.length).toLowerCase().replaceAll('_', '-') as VoiceProblem;

it('the reference has rows to hold against the code', () => {
  expect(rows.length).toBeGreaterThan(15);
});

it.each(rows.map(([, code = '', fatal = '']) => [code, fatal]))(
  '[SDK-D41] %s is fatal: %s, as the reference says',
  (code, fatal) => {
    const cause = new Error('below');
    const error = new VoiceError(problemOf(code), 'text', { cause });
    expect(error).toMatchObject({ code: code as VoiceErrorCode, fatal: fatal === 'yes', cause });
    expect(error.cure).toMatch(/^[A-Z].+\.$/);
  },
);

it('[SDK-D41] a problem that may end either way tells which', () => {
  expect(new VoiceError('registration-refused', 'gone', { fatal: true, status: 404 })).toMatchObject({
    fatal: true,
    status: 404,
  });
});

it.each([
  ['NotFoundError', 'microphone-missing'],
  ['OverconstrainedError', 'microphone-missing'],
  ['NotReadableError', 'microphone-busy'],
  ['NotAllowedError', 'microphone-blocked'],
])('[SDK-D41] what getUserMedia calls %s is %s', (name, problem) => {
  const cause = Object.assign(new Error('refused'), { name });
  expect(VoiceError.microphone(cause)).toMatchObject({ problem, cause, fatal: false });
});
