// Sums over samples, and the one table that everything ends in.

/** The value below which this share of the samples lies. */
export function quantile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const median = (samples) => quantile(samples, 0.5);

export function round(value, digits = 0) {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(digits);
}

/** `p50 / p95` of samples in milliseconds. */
export function p50p95(samples) {
  return samples.length === 0 ? '–' : `${round(quantile(samples, 0.5), 1)} / ${round(quantile(samples, 0.95), 1)}`;
}

/** One line: what was measured, ours, the peer's, and the budget with whether it is met (undefined: no budget). */
export function row(what, ours, { peer = '', budget = '', met } = {}) {
  return { what, ours: String(ours), peer: String(peer), budget, met: met === undefined ? '' : met ? 'yes' : 'NO' };
}

/** A Markdown table, so that a run can be pasted into docs/performance.md. */
export function table(sections) {
  const head = ['What', 'Intermix', 'Peer', 'Budget', 'Met'];
  const lines = sections.flatMap(({ title, rows }) => [
    [`**${title}**`, '', '', '', ''],
    ...rows.map(({ what, ours, peer, budget, met }) => [what, ours, peer, budget, met]),
  ]);
  const widths = head.map((text, i) => Math.max(text.length, ...lines.map((line) => line[i].length)));
  const write = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [write(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...lines.map(write)].join('\n');
}
