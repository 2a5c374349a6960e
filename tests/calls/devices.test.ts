import { eventually, type RunningServer, startServer } from '@intermix/testkit';
import { expectPageTone, launchBrowser, type TestBrowser } from '@intermix/testkit/browser';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { SdkPage } from '../support/sdk-page.js';

const micHz = 620;

let server: RunningServer;
let browser: TestBrowser;
let admin: AdminApi;
let asha: SdkPage;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser({ micToneHz: micHz })]);
  admin = new AdminApi(server);
  asha = await SdkPage.open(browser, server, server.bootstrap.users[0]!);
  await asha.register();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

interface Listed {
  kind: 'input' | 'output';
  id: string;
  label: string;
}

/** Chromium's own fake microphones and speakers, as the SDK lists them. */
const listed = (): Promise<Listed[]> =>
  asha.page.evaluate(async () => (await (globalThis as any).client.devices).list());

const select = (method: string, id: string) =>
  asha.page.evaluate(async ([name, device]) => (await (globalThis as any).client.devices)[name!](device), [method, id]);

/** Device of the track that is sent in the newest call. */
const spokenInto = (): Promise<string> =>
  asha.page.evaluate(() => {
    const [sender] = (globalThis as any).call.peerConnection.getSenders();
    return sender.track.getSettings().deviceId;
  });

const playedThrough = (): Promise<string> => asha.page.evaluate(() => (globalThis as any).call.audioElement.sinkId);

it('[SDK-D30] a call moves between microphones and speakers, muted as it was, and outlives the one it used', async () => {
  await asha.page.evaluate(async () => {
    const window = globalThis as any;
    window.moved = [];
    const devices = await window.client.devices;
    devices.on('inputChanged', (id: string, why: string) => window.moved.push(['input', id, why]));
    devices.on('outputChanged', (id: string, why: string) => window.moved.push(['output', id, why]));
  });
  const call = await admin.simulatedCall({ to: server.bootstrap.exophones[0] ?? '' });
  await asha.expectEvent('incoming');
  await asha.onCall('answer');
  const hears = (what: string, hz: number | null) =>
    admin.expectSimulated(
      what,
      (seen) => (hz === null ? seen.hearing_hz === null : Math.abs((seen.hearing_hz ?? 0) - hz) <= 20),
      { id: call.id },
    );
  await hears('the first microphone', micHz);

  const before = await spokenInto();
  const devices = await listed();
  const microphone = devices.find((device) => device.kind === 'input' && device.id !== before)?.id ?? '';
  const speaker = devices.findLast((device) => device.kind === 'output')?.id ?? '';
  expect([microphone, speaker]).not.toContain('');
  await select('selectInput', microphone);
  await select('selectOutput', speaker);
  expect([await spokenInto(), await playedThrough()]).toEqual([microphone, speaker]);
  await hears('the second microphone', micHz);
  await expectPageTone(asha.page, 800);

  await asha.onCall('mute');
  await hears('silence', null);
  await unplug([microphone, speaker]);
  await eventually(async () => (await spokenInto()) !== microphone || undefined, { message: 'another microphone' });
  await eventually(async () => (await playedThrough()) === '' || undefined, { message: 'the default speaker' });
  await hears('silence still', null);
  await asha.onCall('unmute');
  await hears('the default microphone', micHz);
  await expectPageTone(asha.page, 800);
  const moved: string[][] = await asha.page.evaluate(() => (globalThis as any).moved);
  expect(moved.map(([kind, , why]) => `${kind} ${why}`)).toEqual([
    'input chosen',
    'output chosen',
    'input unplugged',
    'output unplugged',
  ]);

  await asha.onCall('hangup');
  await admin.expectSimulated('the end', (seen) => seen.state === 'ended', { id: call.id });
  expect(asha.opened.errors).toEqual([]);
});

/** Takes devices from the browser's list, as when they are pulled out, and says so. */
async function unplug(ids: string[]): Promise<void> {
  await asha.page.evaluate((gone) => {
    const { mediaDevices } = navigator;
    const all = mediaDevices.enumerateDevices.bind(mediaDevices);
    mediaDevices.enumerateDevices = async () => (await all()).filter((device) => !gone.includes(device.deviceId));
    mediaDevices.dispatchEvent(new Event('devicechange'));
  }, ids);
}
