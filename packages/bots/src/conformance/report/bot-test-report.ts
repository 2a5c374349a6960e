import Type, { type Static } from 'typebox';

const ms = Type.Number();
const maybeMs = Type.Union([Type.Number(), Type.Null()]);
const count = Type.Integer({ minimum: 0 });
const text = Type.String();
const maybeText = Type.Union([Type.String(), Type.Null()]);
const closed = { additionalProperties: false };

const Occurrence = Type.Object({ at_ms: ms, message: Type.Union([count, Type.Null()]), seen: text }, closed);

const FindingSchema = Type.Object(
  {
    rule: text,
    severity: Type.Enum(['error', 'warning', 'note']),
    expected: text,
    count,
    occurrences: Type.Array(Occurrence),
  },
  closed,
);

const Step = Type.Object(
  {
    index: count,
    step: text,
    name: maybeText,
    result: Type.Enum(['passed', 'failed', 'skipped']),
    reason: maybeText,
    began_ms: maybeMs,
    ended_ms: maybeMs,
    expectations: Type.Array(
      Type.Object({ expectation: text, wanted: Type.Number(), seen: maybeMs, passed: Type.Boolean() }, closed),
    ),
  },
  closed,
);

const Call = Type.Object(
  {
    /** Without user and password. */
    url: text,
    stream_sid: text,
    call_sid: text,
    from: text,
    to: text,
    sample_rate: Type.Integer(),
    duration_ms: ms,
    ended_by: Type.Enum(['caller', 'bot', 'time-limit', 'tester', 'handshake']),
    close_code: Type.Union([Type.Integer(), Type.Null()]),
    close_reason: text,
    error: maybeText,
  },
  closed,
);

/** Times are milliseconds, from `start` where they are moments; 20 ms are the grain of what is heard. */
const Measures = Type.Object(
  {
    handshake_ms: maybeMs,
    handshakes: count,
    round_trip_ms: maybeMs,
    /** The first audio on the wire, and the first that is heard. */
    first_message_ms: maybeMs,
    first_audio_ms: maybeMs,
    turns: Type.Array(
      Type.Object({ by: Type.Enum(['speech', 'dtmf']), from_ms: ms, until_ms: ms, answer_ms: maybeMs }, closed),
    ),
    barge_ins: Type.Array(Type.Object({ at_ms: ms, clear_ms: maybeMs, silent_ms: ms }, closed)),
    talk_over_ms: ms,
    bot_audible_ms: ms,
    caller_audible_ms: ms,
    jitter_ms: ms,
    longest_gap_ms: ms,
    underruns: Type.Object({ count, total_ms: ms, longest_ms: ms }, closed),
    playout: Type.Object({ deepest_queue_ms: ms, cleared_ms: ms, lost_ms: ms, played_ms: ms }, closed),
    received: Type.Object(
      { messages: count, octets: count, media: count, marks: count, clears: count, audio_ms: ms },
      closed,
    ),
    sent: Type.Object({ messages: count, octets: count, marks: count }, closed),
    /** By how much the tester was late at worst: where that is more than 100 ms, the figures are doubtful. */
    tester_late_ms: ms,
  },
  closed,
);

/** What a test tells, as it is written to a file. `version` changes when a field goes or changes its meaning, not when one comes. */
export const BotTestReport = Type.Object(
  {
    type: Type.Literal('intermix.bot-test-report'),
    version: Type.Literal(1),
    /** `not-run`: there was no call to judge. */
    result: Type.Enum(['passed', 'failed', 'not-run']),
    name: maybeText,
    began_at: text,
    call: Call,
    steps: Type.Array(Step),
    findings: Type.Array(FindingSchema),
    measures: Measures,
  },
  closed,
);
export type BotTestReport = Static<typeof BotTestReport>;
