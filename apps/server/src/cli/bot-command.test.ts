import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { runCommand } from './run-command.js';

const folder = mkdtempSync(join(tmpdir(), 'intermix-bot-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function listener(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

/** Runs `intermix bot …`, and gives its exit code and what it printed. */
async function bot(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      printed[name] += text;
      return true;
    });
  }
  const exitCode = await runCommand('bot', args);
  vi.restoreAllMocks();
  return { exitCode, ...printed };
}

const hangUp = '{"steps":[{"step":"hang_up"}]}';

describe('intermix bot, called wrongly, ends with 2 and says why', () => {
  const plain = file('plain.json', hangUp);
  const secret = file('secret.json', `{"credentials":{"user":"a","password_env":"NO_SUCH_NAME"},${hangUp.slice(1)}`);
  it.each([
    ['nothing', [], /intermix bot test <script\.json>[\s\S]*Exit code 0/],
    ['a word that there is not', ['sing'], /intermix bot record --listen/],
    ['no script', ['test'], /^Give: intermix bot test/],
    ['a script that there is not', ['test', join(folder, 'none.json')], /none\.json does not exist/],
    ['a script that is no JSON', ['test', file('bad.json', '{'), 'ws://127.0.0.1:1'], /bad\.json is no JSON/],
    ['a script with a fault', ['test', file('odd.json', '{"steps":[{"step":"x"}]}')], /^steps\.0\.step must be one of/],
    ['no URL', ['test', plain], /has no url/],
    ['a URL that is none', ['test', plain, 'bot.example'], /needs a URL such as wss:/],
    ['a rate that no stream has', ['test', plain, 'ws://127.0.0.1:1?sample-rate=44100'], /8000, 16000 or 24000/],
    ['a variable that is not set', ['test', secret, 'ws://127.0.0.1:1'], /NO_SUCH_NAME of credentials is not set/],
    [
      'an option that there is not',
      ['test', plain, 'ws://127.0.0.1:1', '--loud'],
      /--loud[\s\S]*Give: intermix bot test/,
    ],
    [
      'a sound that cannot be kept',
      ['test', plain, 'ws://127.0.0.1:1', '--audio', join(folder, 'no/a.wav')],
      /a\.wav lies in a folder/,
    ],
    ['a recorder without a place', ['record', '--listen', '127.0.0.1:0'], /^Give: intermix bot record/],
    ['an address that is none', ['record', '--listen', '9000', '--out', folder], /--listen takes HOST:PORT, not 9000/],
    [
      'a bot behind that is none',
      ['record', '--listen', '127.0.0.1:0', '--out', folder, '--forward', 'https://x'],
      /ws:\/\/ or wss:\/\//,
    ],
    ['a schema that there is not', ['schema', 'capture'], /^Give: intermix bot schema script\|report/],
    ['no capture', ['replay', folder, 'ws://127.0.0.1:1'], /is no capture: its capture\.json/],
    [
      'half of credentials',
      ['replay', folder, 'ws://127.0.0.1:1', '--user-env', 'PATH'],
      /each name an environment variable/,
    ],
    ['a parameter that is none', ['replay', folder, 'ws://127.0.0.1:1', '--param', 'lang'], /KEY=VALUE, not lang/],
  ])('%s', async (_, args, why) => {
    const { exitCode, stderr } = await bot(...args);
    expect(stderr).toMatch(why);
    expect(exitCode).toBe(2);
  });

  it('a port that is taken', async () => {
    const { server, port } = await listener();
    const { exitCode, stderr } = await bot('record', '--listen', `127.0.0.1:${port}`, '--out', folder);
    server.close();
    expect(stderr).toContain(`127.0.0.1:${port} cannot be listened on`);
    expect(exitCode).toBe(2);
  });
});

it('ends with 2 where there was no call to judge, and reports it', async () => {
  const { server, port } = await listener();
  server.on('connection', (socket) => socket.destroy());
  const url = `ws://user:planted@127.0.0.1:${port}`;
  const { exitCode, stdout, stderr } = await bot('test', file('gone.json', hangUp), url, '--report', '-');
  server.close();
  expect(JSON.parse(stdout)).toMatchObject({ result: 'not-run', measures: { handshakes: 2 } });
  expect(stderr).toMatch(/^NOT RUN/m);
  expect(stdout + stderr).not.toContain('planted');
  expect(exitCode).toBe(2);
});

it.each(['script', 'report'])('prints the schema of a %s', async (name) => {
  const { exitCode, stdout } = await bot('schema', name);
  expect(JSON.parse(stdout)).toMatchObject({ type: 'object', required: expect.arrayContaining(['steps']) });
  expect(exitCode).toBe(0);
});
