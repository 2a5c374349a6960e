import { eventOfDigit } from '@intermix/media';
import { tone } from './audio-source.js';
import { SimulatorError } from './errors.js';
import type { SimulatedCall } from './simulated-call.js';

/** One thing a caller of the simulated PSTN does after the answer. */
export type ScriptStep =
  | { wait_ms: number }
  /** `0-9 A-D * #`, `,` waits 500 ms. */
  | { dtmf: string }
  | { tone_hz: number; ms: number }
  | { hangup: true };

/** Steps in order; after the last one the caller stays on the line in silence. */
export type CallScript = readonly ScriptStep[];

/** The tone of a caller who was given no script, for as long as the call lasts. */
export const defaultCallerToneHz = 800;

const mostSteps = 100;
const longestMs = 3_600_000;

/** Throws SimulatorError `bad-script` with the number of the step that cannot be done. */
export function checkScript(script: CallScript): void {
  if (script.length > mostSteps) throw new SimulatorError('bad-script', `a script has at most ${mostSteps} steps`);
  script.forEach((step, index) => {
    const complaint = complaintAbout(step);
    if (complaint) throw new SimulatorError('bad-script', `step ${index + 1} of the script: ${complaint}`);
  });
}

/** Does the steps one after another; stops without a word when the call ends before. Never rejects. */
export async function runScript(call: SimulatedCall, script: CallScript | undefined): Promise<void> {
  if (!script) return call.play(tone(defaultCallerToneHz));
  call.play();
  for (const step of script) {
    if (call.ended) return;
    await runStep(call, step);
  }
}

async function runStep(call: SimulatedCall, step: ScriptStep): Promise<void> {
  if ('wait_ms' in step) return wait(call, step.wait_ms);
  if ('dtmf' in step) return call.sendDigits(step.dtmf).catch(() => call.hangup()); // Intermix takes no telephone events.
  if ('hangup' in step) return call.hangup();
  call.play(tone(step.tone_hz));
  await wait(call, step.ms);
  call.play();
}

/** Resolves after the time, or at the end of the call. */
function wait(call: SimulatedCall, delayMs: number): Promise<void> {
  if (call.ended) return Promise.resolve();
  return new Promise((resolve) => {
    call.after(delayMs, resolve);
    call.once('ended', () => resolve());
  });
}

function complaintAbout(step: ScriptStep): string | undefined {
  if (typeof step !== 'object' || step === null) return 'it must be an object';
  if ('wait_ms' in step) return isTime(step.wait_ms) ? undefined : `wait_ms must be 0 to ${longestMs}`;
  if ('dtmf' in step) return isDigits(step.dtmf) ? undefined : 'dtmf must be 1 to 64 of 0-9 A-D * # and ,';
  if ('hangup' in step) return step.hangup === true ? undefined : 'hangup must be true';
  if (!('tone_hz' in step)) return 'it must have wait_ms, dtmf, tone_hz or hangup';
  if (!isTime(step.ms)) return `ms must be 0 to ${longestMs}`;
  return step.tone_hz >= 50 && step.tone_hz <= 3_900 ? undefined : 'tone_hz must be 50 to 3900';
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= longestMs;
}

function isDigits(value: unknown): boolean {
  if (typeof value !== 'string' || value.length < 1 || value.length > 64) return false;
  return [...value].every((digit) => digit === ',' || eventOfDigit(digit) !== undefined);
}
