import type { BotTestReport } from './bot-test-report.js';

const doubtfulMs = 100;
const shownOccurrences = 3;

/** A report for a terminal: steps, findings, the figures that matter most, and the verdict. */
export function reportTable(report: BotTestReport): string {
  const { call, measures } = report;
  const blocks = [
    [`${report.name ?? 'Bot test'}: ${call.url}`, ...(call.error === null ? [] : [call.error])],
    report.steps.map(stepLine),
    report.findings.flatMap(findingLines),
    measureLines(measures),
    [`${verdicts[report.result]} (${seconds(call.duration_ms)}, ended by ${call.ended_by}${codeOf(call.close_code)})`],
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

const verdicts = { passed: 'PASSED', failed: 'FAILED', 'not-run': 'NOT RUN' } as const;
const stepSigns = { passed: 'ok  ', failed: 'FAIL', skipped: '-   ' } as const;

function stepLine({
  index,
  step,
  name,
  result,
  reason,
  began_ms: began,
  expectations,
}: BotTestReport['steps'][number]): string {
  const title = `${stepSigns[result]} ${String(index + 1).padStart(3)}  ${(began === null ? '' : seconds(began)).padStart(8)}  ${name ?? step}`;
  const told = expectations.map(({ expectation, wanted, seen, passed }) => {
    const sign = passed ? '' : ' (!)';
    return `${expectation} ${wanted}: ${seen ?? 'never'}${sign}`;
  });
  return [title, ...told, ...(reason === null ? [] : [reason])].join(' | ');
}

function findingLines({ rule, severity, count, expected, occurrences }: BotTestReport['findings'][number]): string[] {
  const places = occurrences.slice(0, shownOccurrences).map(({ at_ms: at, message, seen }) => {
    const number = message === null ? '' : `, message ${message}`;
    return `             at ${seconds(at)}${number}: ${seen}`;
  });
  return [`${severity.padEnd(8)} ${rule} (${count}): ${expected}`, ...places];
}

function measureLines(measures: BotTestReport['measures']): string[] {
  const { turns, barge_ins: bargeIns, underruns, tester_late_ms: late } = measures;
  const answers = turns.map(({ answer_ms: answer }) => (answer === null ? 'none' : `${answer}`));
  const lines: [string, string][] = [
    ['handshake', shown(measures.handshake_ms)],
    ['first audio', shown(measures.first_audio_ms)],
    ['answers', answers.length === 0 ? '' : `${answers.join(', ')} ms`],
    ...bargeIns.map(({ clear_ms: clear, silent_ms: silent }): [string, string] => [
      'barge-in',
      `clear ${clear === null ? 'never' : `after ${clear} ms`}, silent after ${silent} ms`,
    ]),
    ['jitter', `${measures.jitter_ms} ms`],
    ['underruns', underruns.count === 0 ? '' : `${underruns.count}, ${underruns.total_ms} ms`],
    ['deepest queue', `${measures.playout.deepest_queue_ms} ms`],
    ['tester late', late > doubtfulMs ? `${late} ms: this machine was too busy, the figures are doubtful` : ''],
  ];
  return lines.filter(([, value]) => value !== '').map(([title, value]) => `${title.padEnd(15)}${value}`);
}

const shown = (value: number | null) => (value === null ? 'never' : `${Math.round(value)} ms`);
const seconds = (value: number) => `${(value / 1000).toFixed(2)} s`;
const codeOf = (code: number | null) => (code === null ? '' : `, closed with ${code}`);
