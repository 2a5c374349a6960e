import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually, type RunningServer, repositoryRoot, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser, type TestPage } from '@intermix/testkit/browser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { ExampleProcess } from '../support/example-process.js';

const micHz = 620;
/** What a caller of the simulated network says. */
const callerHz = 800;

describe('the examples, by the command of their READMEs', () => {
  let server: RunningServer;
  let browser: TestBrowser;
  let admin: AdminApi;
  let example: ExampleProcess | undefined;
  let opened: TestPage;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser({ micToneHz: micHz })]);
    admin = new AdminApi(server);
  });
  afterEach(async () => {
    await opened?.close();
    await example?.stop();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function open(name: string, query = ''): Promise<void> {
    const started = await ExampleProcess.start(name, server);
    example = started.example;
    opened = await browser.openPage(`${started.address}${query}`);
  }
  const part = (id: string) => opened.page.getByTestId(id);
  const says = (id: string, text: RegExp) =>
    eventually(async () => text.test((await part(id).textContent()) ?? ''), {
      timeoutMs: 10_000,
      message: `${id}: ${text}`,
    });
  const theyHear = (hz: number) =>
    admin.expectSimulated(`${hz} Hz`, (call) => Math.abs((call.hearing_hz ?? 0) - hz) < 20);

  it('softphone-script-tag: registers, answers, mutes, holds, sends digits, hangs up, under a strict policy', async () => {
    await open('softphone-script-tag', '?agent=bilal');
    await part('agent').locator('option').nth(1).waitFor({ state: 'attached' });
    await part('register').click();
    await says('state', /^registered$/);

    await part('ring').click();
    await part('answer').click();
    await says('call-state', /Connected/);
    await expectPageTone(opened.page, callerHz);
    await theyHear(micHz);

    await part('mute').click();
    await admin.expectSimulated('silence', (call) => call.hearing_hz === null);
    await part('mute').click();
    await theyHear(micHz);
    await part('hold').click();
    await admin.expectSimulated('silence', (call) => call.hearing_hz === null);
    await part('hold').click();
    await theyHear(micHz);
    await opened.page.getByRole('button', { name: '7', exact: true }).click();
    await admin.expectSimulated('the digit', (call) => call.digits_heard === '7');

    await part('hangup').click();
    await admin.expectSimulated('the end', (call) => call.state === 'ended');
    await part('call').waitFor({ state: 'hidden' });
    await part('register').click();
    await says('state', /^not registered$/);
    expect(opened.errors).toEqual([]);
  });

  it('softphone-npm: goes online, calls out and is called, both ways audible', async () => {
    await open('softphone-npm');
    await part('agent').locator('option').nth(1).waitFor({ state: 'attached' });
    await part('online').click();
    await says('state', /^online$/);

    await part('number').fill(server.bootstrap.simulated_numbers.answer_tone);
    await part('dial').click();
    await says('call-state', /connected/);
    await expectPageTone(opened.page, 1000);
    await theyHear(micHz);
    await part('hangup').click();
    await admin.expectSimulated('the end', (call) => call.state === 'ended');

    await part('ring').click();
    await part('answer').click();
    await says('call-state', /connected/);
    await expectPageTone(opened.page, callerHz);
    await theyHear(micHz);
    await part('hangup').click();
    await part('call').waitFor({ state: 'detached' });
    expect(opened.errors).toEqual([]);
  });

  it('crm-click-to-call: a click calls the customer, and a call pops the right one up', async () => {
    await open('crm-click-to-call', '?agent=chitra');
    await says('agent', /Chitra Nair/);
    await says('state', /^ready$/);

    await part('dial').click();
    await says('call-state', /In a call with/);
    await expectPageTone(opened.page, 1000);
    await theyHear(micHz);
    await part('hangup').click();
    await says('activity', /Outgoing.* s$/);

    await part('ring').click();
    await part('accept').waitFor();
    await says('name', /Nisha Das/);
    await part('accept').click();
    await says('call-state', /In a call with/);
    await expectPageTone(opened.page, callerHz);
    await theyHear(micHz);
    await part('mute').click();
    await admin.expectSimulated('silence', (call) => call.hearing_hz === null);
    await part('hangup').click();
    await says('activity', /Incoming/);
    expect((await admin.lastCall()).status).toBe('completed');
    expect(opened.errors).toEqual([]);
  });

  it('softphone-npm holds its types', async () => {
    const compiler = join(repositoryRoot(), 'node_modules', 'typescript', 'bin', 'tsc');
    const project = join(repositoryRoot(), 'examples', 'softphone-npm');
    await expect(promisify(execFile)(process.execPath, [compiler, '-p', project])).resolves.toBeDefined();
  });

  it('gives accounts to pages of this machine only', async () => {
    const started = await ExampleProcess.start('softphone-script-tag', server);
    example = started.example;
    const { hostname, port } = new URL(started.address);
    const ask = (host: string) => {
      return new Promise<number>((resolve, reject) => {
        const asked = request({ hostname, port, path: '/api/accounts', headers: { host } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        });
        asked.on('error', reject).end();
      });
    };
    expect(await ask(`127.0.0.1:${port}`)).toBe(200);
    expect(await ask(`evil.example:${port}`)).toBe(403);
    const outside = await fetch(new URL('/..%2f..%2fapps%2fserver%2fdist%2fmain.js', started.address));
    expect(outside.status).toBe(404);
  });
});
