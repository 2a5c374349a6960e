import { expect, it } from 'vitest';
import type { VoiceCall } from '../call/voice-call.js';
import type { VoiceClientOptions } from '../client/voice-client-options.js';
import type { FakeSender, FakeTrack } from '../testing/fake-media.js';
import { answeredSession, registeredPage, serverSdp, settle } from '../testing/page-fixture.js';
import type { AudioDevices } from './audio-devices.js';

type Page = Awaited<ReturnType<typeof registeredPage>>;

/** A page with a headset beside the laptop's own, and what the SDK tells of devices. */
async function devicesPage(options: Partial<VoiceClientOptions> = {}) {
  const page = await registeredPage(options);
  page.platform.devices.plug('headset');
  const devices = await page.client.devices;
  const told: string[] = [];
  devices.on('inputChanged', (id, why) => told.push(`input ${id} ${why}`));
  devices.on('outputChanged', (id, why) => told.push(`output ${id} ${why}`));
  devices.on('failed', (error) => told.push(`failed ${error.problem}`));
  return { ...page, devices, told };
}

async function inCall(page: Page): Promise<VoiceCall> {
  const invite = page.server.call();
  await settle();
  const [call] = page.client.calls;
  const [session] = await Promise.all([answeredSession(invite), call!.answer()]);
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  await settle();
  return call!;
}

const spoken = (page: Page): FakeTrack =>
  (page.platform.peers.at(-1)!.getTransceivers()[0]!.sender as FakeSender).track;

it('lists what is plugged in, without pseudo devices, and names the default', async () => {
  const { devices, platform } = await devicesPage();
  platform.devices.makeDefault('headset');
  const shape = (list: Awaited<ReturnType<AudioDevices['list']>>) => list.map((d) => [d.kind, d.id, d.isDefault]);
  const expected = [
    ['input', 'headset-mic', true],
    ['input', 'laptop-mic', false],
    ['output', 'headset-out', true],
    ['output', 'laptop-out', false],
  ];
  expect(shape(await devices.list()).sort()).toEqual(expected);
  platform.devices.pseudo = false; // Firefox, Safari.
  expect(shape(await devices.list()).sort()).toEqual(expected);
});

it('a choice before a call counts for the next, microphone, far end and tones', async () => {
  const page = await devicesPage();
  await page.devices.selectInput('headset-mic');
  await page.devices.selectOutput('headset-out');
  expect([page.devices.input, page.devices.output]).toEqual(['headset-mic', 'headset-out']);
  expect(page.platform.liveTracks).toHaveLength(0); // No microphone is opened for it.
  await inCall(page);
  expect(spoken(page).deviceId).toBe('headset-mic');
  expect(page.platform.audioElements.find((element) => element.plays > 0)?.sinkId).toBe('headset-out');
  expect(page.platform.audioContexts[0]?.sinkId).toBe('headset-out');
});

it('[SDK-D30] a choice during a call moves it, and the old microphone is given back', async () => {
  const page = await devicesPage();
  await inCall(page);
  const before = spoken(page);
  expect(before.deviceId).toBe('laptop-mic');
  await page.devices.selectInput('headset-mic');
  await page.devices.selectOutput('headset-out');
  expect(spoken(page)).toMatchObject({ deviceId: 'headset-mic', readyState: 'live', enabled: true });
  expect(before.readyState).toBe('ended');
  expect(page.platform.liveTracks).toHaveLength(1);
  expect(page.platform.audioElements.find((element) => element.plays > 0)?.sinkId).toBe('headset-out');
  expect(page.told).toEqual(['input headset-mic chosen', 'output headset-out chosen']);
});

it('[SDK-D30] muted and held calls stay silent through every switch', async () => {
  const page = await devicesPage();
  const call = await inCall(page);
  call.mute();
  await page.devices.selectInput('headset-mic');
  expect(spoken(page)).toMatchObject({ deviceId: 'headset-mic', enabled: false });
  page.platform.devices.unplug('headset');
  await settle();
  expect(spoken(page)).toMatchObject({ deviceId: 'laptop-mic', enabled: false });
  call.unmute();
  expect(spoken(page).enabled).toBe(true);
  page.platform.devices.plug('headset');
  await call.hold();
  await page.devices.selectInput('headset-mic');
  expect(spoken(page).enabled).toBe(false);
  await call.unhold();
  expect(spoken(page).enabled).toBe(true);
});

it('an unknown device is refused, and nothing changes', async () => {
  const page = await devicesPage();
  await inCall(page);
  await expect(page.devices.selectInput('toaster')).rejects.toMatchObject({ problem: 'device-missing' });
  await expect(page.devices.selectOutput('headset-mic')).rejects.toMatchObject({ code: 'ERR_VOICE_DEVICE_MISSING' });
  expect([page.devices.input, spoken(page).deviceId]).toEqual(['default', 'laptop-mic']);
  expect(page.platform.liveTracks).toHaveLength(1);
});

it('a microphone that the person refuses leaves the call as it was', async () => {
  const page = await devicesPage();
  await inCall(page);
  page.platform.microphoneError = 'NotAllowedError';
  await expect(page.devices.selectInput('headset-mic')).rejects.toMatchObject({ problem: 'microphone-blocked' });
  page.platform.microphoneError = undefined;
  const sender = page.platform.peers.at(-1)!.getTransceivers()[0]!.sender as FakeSender;
  sender.refuses = true;
  await expect(page.devices.selectInput('headset-mic')).rejects.toThrow('refused');
  expect(spoken(page)).toMatchObject({ deviceId: 'laptop-mic', readyState: 'live', enabled: true });
  expect(page.platform.liveTracks).toHaveLength(1);
  expect(page.devices.input).toBe('default');
});

it('[SDK-D30] an unplugged headset hands the call to the default, and the page is told', async () => {
  const page = await devicesPage();
  const call = await inCall(page);
  await page.devices.selectInput('headset-mic');
  await page.devices.selectOutput('headset-out');
  page.told.length = 0;
  page.platform.devices.unplug('headset');
  await settle();
  expect(spoken(page)).toMatchObject({ deviceId: 'laptop-mic', readyState: 'live' });
  expect(page.platform.audioElements.find((element) => element.plays > 0)?.sinkId).toBe('');
  expect(page.told).toEqual(['input laptop-mic unplugged', 'output laptop-out unplugged']);
  expect(call.state).toBe('connected');
  expect(page.platform.liveTracks).toHaveLength(1);
});

it('[SDK-D30] the same in a page that never asked for devices', async () => {
  const page = await registeredPage();
  page.platform.devices.plug('headset');
  page.platform.devices.makeDefault('headset');
  await inCall(page);
  expect(spoken(page).deviceId).toBe('headset-mic');
  page.platform.devices.unplug('headset');
  await expect.poll(() => spoken(page).deviceId).toBe('laptop-mic');
});

it('the only microphone is unplugged: the call goes on, and speaks again into the next that is plugged in', async () => {
  const page = await devicesPage();
  page.platform.devices.unplug('headset');
  const call = await inCall(page);
  page.platform.devices.unplug('laptop');
  await settle();
  expect(page.told.at(-1)).toBe('failed microphone-missing');
  expect(call.state).toBe('connected');
  page.platform.devices.plug('usb');
  await settle();
  expect(spoken(page)).toMatchObject({ deviceId: 'usb-mic', readyState: 'live' });
});

it('a chosen device that is gone when the next call begins gives way to the default', async () => {
  const page = await devicesPage();
  await page.devices.selectInput('headset-mic');
  page.platform.devices.unplug('headset');
  const call = await inCall(page);
  expect([call.state, spoken(page).deviceId]).toEqual(['connected', 'laptop-mic']);
});

it('follows the default of the system when asked to, except from a pinned device', async () => {
  const page = await devicesPage();
  page.devices.followDefault = true;
  await inCall(page);
  page.platform.devices.makeDefault('headset');
  await settle();
  expect(spoken(page).deviceId).toBe('headset-mic');
  expect(page.told).toEqual(['input headset-mic default-changed', 'output headset-out default-changed']);
  await page.devices.selectInput('laptop-mic', { pin: true });
  page.platform.devices.change();
  await settle();
  expect(spoken(page).deviceId).toBe('laptop-mic');
  await page.devices.selectInput('laptop-mic');
  page.platform.devices.change();
  await settle();
  expect(spoken(page).deviceId).toBe('headset-mic');
});

it('tells that the default changed, and switches nothing, when not asked to follow', async () => {
  const page = await devicesPage();
  await inCall(page);
  const track = spoken(page);
  page.platform.devices.makeDefault('headset');
  await settle();
  expect(spoken(page)).toBe(track);
  expect(page.told).toEqual(['input headset-mic default-changed', 'output headset-out default-changed']);
});

it('with hands off it only tells, also when the device in use is unplugged', async () => {
  const page = await devicesPage();
  await inCall(page);
  await page.devices.selectInput('headset-mic');
  page.devices.handsOff = true;
  page.told.length = 0;
  let changes = 0;
  page.devices.on('changed', () => (changes += 1));
  page.platform.devices.unplug('headset');
  await settle();
  expect(spoken(page).readyState).toBe('ended');
  expect([changes, page.told]).toEqual([1, []]);
});

it('[SDK-D30] listens to the browser once, and not at all when nobody needs it', async () => {
  const page = await registeredPage();
  const devices = await page.client.devices;
  expect(page.platform.devices.listeners).toBe(0);
  const stops = [devices.on('changed', () => {}), devices.on('inputChanged', () => {})];
  devices.followDefault = true;
  await devices.selectInput('laptop-mic');
  expect(page.platform.devices.listeners).toBe(1);
  for (const stop of stops) stop();
  devices.followDefault = false;
  expect(page.platform.devices.listeners).toBe(1); // The chosen one may be unplugged.
  await devices.selectInput('default');
  expect(page.platform.devices.listeners).toBe(0);
  devices.on('changed', () => {});
  await page.client.dispose();
  expect(page.platform.devices.listeners).toBe(0);
});

it('where no page chooses the output (Safari), says so; microphones can be chosen', async () => {
  const page = await devicesPage();
  page.platform.choosesOutput = false;
  expect(page.devices.canSelectOutput).toBe(false);
  await expect(page.devices.selectOutput('headset-out')).rejects.toMatchObject({ problem: 'output-fixed' });
  await page.devices.selectInput('headset-mic');
  await inCall(page);
  expect(spoken(page).deviceId).toBe('headset-mic');
});

it('takes an id from an earlier visit while the browser hides what is there', async () => {
  const page = await devicesPage();
  page.platform.devices.permitted = false;
  expect((await page.devices.list()).every((device) => device.id === '' && device.label === '')).toBe(true);
  await page.devices.selectInput('headset-mic');
  page.platform.devices.permitted = true;
  await inCall(page);
  expect(spoken(page).deviceId).toBe('headset-mic');
});

it('two calls move together, one after the other', async () => {
  const page = await devicesPage();
  await inCall(page);
  const invite = page.server.call();
  await settle();
  await Promise.all([answeredSession(invite), page.client.calls[1]!.answer()]);
  await Promise.all([page.devices.selectInput('headset-mic'), page.devices.selectInput('laptop-mic')]);
  await page.devices.selectInput('headset-mic');
  const ids = page.platform.liveTracks.map((track) => track.deviceId);
  expect(ids).toEqual(['headset-mic', 'headset-mic']);
});
