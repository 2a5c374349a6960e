// `npm run bench`: every benchmark, or those named: `npm run bench -- calls api-reads`. Options: `--quick` (short runs, to see
// that they work), `--profile FILE` (a V8 CPU profile of the calls benchmark).
import { execFileSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const names = [
  'registrations',
  'calls',
  'whole-server',
  'media-bridge',
  'streams',
  'bots',
  'bot-agent',
  'recordings',
  'sdk',
  'api-reads',
  'webhooks',
];
const options = { quick: { type: 'boolean' }, profile: { type: 'string' }, 'no-build': { type: 'boolean' } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. There are: ${names.join(', ')}.`);
  process.exit(2);
}

const script = (path) => fileURLToPath(new URL(path, import.meta.url));
if (!values['no-build']) execFileSync(process.execPath, [script('../scripts/build.mjs')], { stdio: 'inherit' });

// Built packages are imported after the build.
const { reservePorts } = await import('@intermix/testkit');
const { table } = await import('./support/figures.mjs');
const { hasProgram } = await import('./support/sipp.mjs');

// The server has a core of its own where there are two; the load shares the other one with the rest of the machine.
const cores = cpus().length > 1 && hasProgram('taskset') ? { server: 0, load: 1 } : {};
const sections = [];
let failed = false;
for (const name of positionals.length > 0 ? positionals : names) {
  const { title, run, needs = [] } = await import(`./${name}.mjs`);
  const missing = needs.filter((program) => !hasProgram(program));
  if (missing.length > 0) {
    console.error(`${name}: left out, ${missing.join(' and ')} is not installed`);
    continue;
  }
  const load = loadavg()[0];
  console.error(`${name} … (load average ${load.toFixed(1)})`);
  const ports = await reservePorts();
  try {
    const quick = values.quick ? { seconds: 2 } : {};
    const rows = await run({ ports, cores, ...quick, ...(values.profile ? { profile: values.profile } : {}) });
    sections.push({ title: `${title} (load average at start ${load.toFixed(1)})`, rows });
  } catch (error) {
    failed = true;
    console.error(`${name}: ${error.stack}`);
  } finally {
    ports.release();
  }
}
const [{ model }] = cpus();
console.log(
  `\n${cpus().length} × ${model}, Node ${process.version}, ${new Date().toISOString()}\n\n${table(sections)}`,
);
process.exit(failed ? 1 : 0);
