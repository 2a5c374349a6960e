// Fuzzes the SIP parsers: node scripts/fuzz-sip.mjs [seconds = 60] [seed]. See packages/sip/fuzz/README.md.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mutate, seeded } from '../packages/sip/fuzz/mutator.mjs';
import { isRefusal, targets } from '../packages/sip/fuzz/targets.mjs';

const seconds = Number(process.argv[2] ?? 60);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const slowMs = 200;
const random = seeded(seed);
const counts = new Map(targets.map(({ name }) => [name, { runs: 0, refused: 0, slowestMs: 0 }]));

/** Runs one input; undefined when all is well, else what went wrong. */
function finding(target, input, count) {
  const start = performance.now();
  try {
    target.run(input);
  } catch (error) {
    if (!isRefusal(error)) return error;
    count.refused++;
  }
  const took = performance.now() - start;
  count.runs++;
  count.slowestMs = Math.max(count.slowestMs, took);
  return took > slowMs && isSlowAgain(target, input) ? new Error(`took ${Math.round(took)} ms`) : undefined;
}

/** The machine may have been busy: only an input that is slow five times is slow. */
function isSlowAgain(target, input) {
  return Array.from({ length: 5 }).every(() => {
    const start = performance.now();
    try {
      target.run(input);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    return performance.now() - start > slowMs;
  });
}

function report() {
  for (const [name, { runs, refused, slowestMs }] of counts) {
    console.log(`${name.padEnd(10)} ${runs} runs, ${refused} refused, slowest ${slowestMs.toFixed(1)} ms`);
  }
}

console.log(`seed ${seed}, ${seconds} s`);
const end = performance.now() + seconds * 1000;
for (const target of targets) {
  for (const input of target.seeds) check(target, input);
}
while (performance.now() < end) {
  for (const target of targets) {
    for (let round = 0; round < 50; round++) check(target, mutate(random.pick(target.seeds), target.seeds, random));
  }
}
report();

function check(target, input) {
  const problem = finding(target, input, counts.get(target.name));
  if (problem === undefined) return;
  report();
  const file = join(tmpdir(), `fuzz-sip-${target.name}-${seed}.bin`);
  writeFileSync(file, input);
  console.error(`\n${target.name} failed on the ${input.length} octets in ${file} (seed ${seed})`);
  console.error(problem);
  process.exit(1);
}
