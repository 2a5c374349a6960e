import { systemRandom } from '@intermix/kernel';
import { eventually, FakeClock } from '@intermix/testkit';
import type { BotTestReport } from '../report/bot-test-report.js';
import type { RuleName } from '../rules.js';
import { type BotTestOptions, runBotTest } from '../run-bot-test.js';
import { readBotTestScript } from '../script/bot-test-script.js';
import { type Behaviour, PairedNetwork } from './paired-bot.js';

/** Time that settles promises on the way: handshakes are made of them. */
const longestMs = 300_000;

export interface TestedCall {
  report: BotTestReport;
  network: PairedNetwork;
  clock: FakeClock;
  rules: RuleName[];
}

/** Runs a script against a bot that is a function, under a clock that stands; gives what is told when all is over. */
export async function testCall(
  script: { steps: object[]; [field: string]: unknown },
  behave: Behaviour,
  more: Partial<BotTestOptions> & { prepare?: (network: PairedNetwork) => void; fakeClock?: FakeClock } = {},
): Promise<TestedCall> {
  const { fakeClock: clock = new FakeClock(), prepare, ...options } = more;
  const network = new PairedNetwork(clock, behave);
  prepare?.(network);
  const running = runBotTest({
    ...{ script: readBotTestScript({ url: 'ws://bot.example/calls', ...script }), scriptPath: '/nowhere/script.json' },
    ...{ env: {}, network, clock, random: systemRandom, ...options },
  });
  const report = await reportOf(running, network, clock);
  return { report, network, clock, rules: report.findings.map(({ rule }) => rule as RuleName) };
}

/** Lets the time of a call go by until it is told what became of it. */
export async function reportOf(
  running: Promise<BotTestReport>,
  network: PairedNetwork,
  clock: FakeClock,
): Promise<BotTestReport> {
  let report: BotTestReport | undefined;
  const done = running.then((told) => {
    report = told;
  });
  // Sounds are read from the disk first, which takes real time.
  const isCalled = () => network.urls.length + network.asked.length > 0;
  await Promise.race([done, eventually(isCalled, { timeoutMs: 10_000, everyMs: 1 })]);
  const until = clock.now() + longestMs;
  while (!report && clock.now() < until) await Promise.race([done, clock.advanceAsync(100)]);
  if (!report) throw new Error('the test never ended');
  return report;
}

/** Samples as the octets of the wire, all of one value: audible, and of any length. */
export function octetsOfLength(length: number): Buffer {
  return Buffer.alloc(length, 0x20);
}
