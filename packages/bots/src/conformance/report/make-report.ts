import type { CallOutcome, LineMeasures } from '../line/call-outcome.js';
import type { StepResult } from '../steps/script-run.js';
import type { BotTestReport } from './bot-test-report.js';

const neverTalked: LineMeasures = {
  conversation: { turns: [], barge_ins: [], talk_over_ms: 0 },
  firstAudioMs: null,
  botAudibleMs: 0,
  callerAudibleMs: 0,
  underruns: { count: 0, total_ms: 0, longest_ms: 0 },
  playout: { deepest_queue_ms: 0, cleared_ms: 0, lost_ms: 0, played_ms: 0 },
};

/** A call that is over, judged: it passes when no error was found and every step passed. A hang-up that was not needed is no fault. */
export function makeReport(
  outcome: CallOutcome,
  { name, steps }: { name: string | null; steps: StepResult[] },
): BotTestReport {
  return {
    type: 'intermix.bot-test-report',
    version: 1,
    result: resultOf(outcome, steps),
    name,
    began_at: new Date(outcome.begunAtMs).toISOString(),
    call: callOf(outcome),
    steps,
    findings: outcome.findings,
    measures: measuresOf(outcome),
  };
}

function resultOf({ endedBy, findings, error }: CallOutcome, steps: readonly StepResult[]): BotTestReport['result'] {
  if (endedBy === 'handshake') return 'not-run';
  const isThrough = steps.every(
    ({ result, step }) => result === 'passed' || (result === 'skipped' && step === 'hang_up'),
  );
  return isThrough && error === null && findings.every(({ severity }) => severity !== 'error') ? 'passed' : 'failed';
}

function callOf(outcome: CallOutcome): BotTestReport['call'] {
  const { streamSid, callSid, from, to } = outcome.spec;
  return {
    ...{ url: outcome.shownUrl, stream_sid: streamSid, call_sid: callSid, from, to },
    ...{ sample_rate: outcome.sampleRate, duration_ms: Math.round(outcome.durationMs), ended_by: outcome.endedBy },
    ...{ close_code: outcome.closeCode, close_reason: outcome.closeReason, error: outcome.error },
  };
}

function measuresOf(outcome: CallOutcome): BotTestReport['measures'] {
  const { arrivals, sent, received, line = neverTalked } = outcome;
  const { media, marks, clears, octets } = arrivals;
  return {
    ...{ handshake_ms: outcome.handshakeMs, handshakes: outcome.handshakes, round_trip_ms: outcome.roundTripMs },
    first_message_ms: arrivals.firstAtMs === undefined ? null : Math.round(arrivals.firstAtMs),
    first_audio_ms: line.firstAudioMs,
    ...line.conversation,
    ...{ bot_audible_ms: line.botAudibleMs, caller_audible_ms: line.callerAudibleMs },
    ...{ jitter_ms: arrivals.jitterMs, longest_gap_ms: arrivals.longestGapMs },
    ...{ underruns: line.underruns, playout: line.playout },
    received: { messages: received, octets, media, marks, clears, audio_ms: Math.round(arrivals.audioMs) },
    ...{ sent, tester_late_ms: outcome.testerLateMs },
  };
}
