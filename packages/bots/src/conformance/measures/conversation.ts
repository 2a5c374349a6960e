import type { SpeechSegment } from './speech-track.js';

/** A caller's word to which an answer is due. Times are milliseconds since `start`. */
export interface Turn {
  by: 'speech' | 'dtmf';
  from_ms: number;
  until_ms: number;
  /** From the end of what the caller said to the first sound of the answer; null when there was none before the next turn. */
  answer_ms: number | null;
}

/** The caller began to speak while the bot spoke. */
export interface BargeIn {
  at_ms: number;
  /** From there to the bot's `clear`; null when none came while the caller or the bot spoke. */
  clear_ms: number | null;
  /** From there until the bot was heard no more. */
  silent_ms: number;
}

export interface Conversation {
  turns: Turn[];
  barge_ins: BargeIn[];
  /** Both spoke. */
  talk_over_ms: number;
}

/** Reads turns and interruptions from when each side spoke. `clears`: when each came. */
export function conversationOf(heard: {
  caller: readonly SpeechSegment[];
  bot: readonly SpeechSegment[];
  clears: readonly number[];
  digits: readonly number[];
}): Conversation {
  const { caller, bot, clears, digits } = heard;
  const bargeIns = caller.flatMap(({ fromMs, untilMs }): BargeIn[] => {
    const interrupted = bot.find((one) => one.fromMs < fromMs && fromMs < one.untilMs);
    if (!interrupted) return [];
    const cleared = clears.find((ms) => ms >= fromMs && ms <= Math.max(untilMs, interrupted.untilMs));
    const clear_ms = cleared === undefined ? null : Math.round(cleared - fromMs);
    return [{ at_ms: fromMs, clear_ms, silent_ms: interrupted.untilMs - fromMs }];
  });
  return { turns: turnsOf(caller, bot, digits), barge_ins: bargeIns, talk_over_ms: overlapOf(caller, bot) };
}

function turnsOf(caller: readonly SpeechSegment[], bot: readonly SpeechSegment[], digits: readonly number[]): Turn[] {
  const spoken = caller.map(({ fromMs, untilMs }) => ({ by: 'speech' as const, from_ms: fromMs, until_ms: untilMs }));
  const pressed = digits.map((ms) => ({ by: 'dtmf' as const, from_ms: ms, until_ms: ms }));
  const turns = [...spoken, ...pressed].sort((one, other) => one.from_ms - other.from_ms);
  return turns.map((turn, index) => {
    const next = turns[index + 1]?.from_ms ?? Number.POSITIVE_INFINITY;
    const answer = bot.find(({ fromMs }) => fromMs >= turn.until_ms);
    return { ...turn, answer_ms: answer && answer.fromMs < next ? answer.fromMs - turn.until_ms : null };
  });
}

function overlapOf(caller: readonly SpeechSegment[], bot: readonly SpeechSegment[]): number {
  let total = 0;
  let at = 0;
  for (const { fromMs, untilMs } of caller) {
    while (at < bot.length && (bot[at]?.untilMs ?? 0) <= fromMs) at++;
    for (let index = at; index < bot.length; index++) {
      const other = bot[index];
      if (!other || other.fromMs >= untilMs) break;
      total += Math.min(untilMs, other.untilMs) - Math.max(fromMs, other.fromMs);
    }
  }
  return total;
}
