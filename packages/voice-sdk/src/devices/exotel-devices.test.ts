import { expect, it, vi } from 'vitest';
import { ExotelWebClient } from '../compat/exotel-web-client.js';
import type { FakeSender } from '../testing/fake-media.js';
import { answeredSession, DOMAIN, makePage, PASSWORD, settle } from '../testing/page-fixture.js';

/** A page that was written for Exotel's SDK, with a headset beside the laptop's own. */
async function exotelPage(follow?: boolean) {
  const page = await makePage();
  page.platform.devices.plug('headset');
  const phone = new ExotelWebClient(page.platform);
  const account = {
    ...{ userName: 'priya', authUser: 'priya', sipdomain: DOMAIN, domain: '127.0.0.1:8080' },
    ...{ secret: PASSWORD, port: '8080', security: 'ws' as const },
  };
  phone.initWebrtc(account, null, null, null, follow);
  phone.DoRegister();
  await settle();
  /** Calls the method and waits for the one or the other callback. */
  const change = (method: 'changeAudioInputDevice' | 'changeAudioOutputDevice', id: string, force?: boolean) =>
    new Promise<unknown>((resolve) =>
      phone[method](
        id,
        () => resolve('changed'),
        (error) => resolve(error),
        force,
      ),
    );
  const answer = async () => {
    const invite = page.server.call();
    await settle();
    await Promise.all([answeredSession(invite), phone.getCall().Answer()]);
    await settle();
  };
  const spoken = () => (page.platform.peers.at(-1)!.getTransceivers()[0]!.sender as FakeSender).track;
  return { ...page, phone, change, answer, spoken };
}

it('changes devices before a call, and in it', async () => {
  const page = await exotelPage();
  expect(await page.change('changeAudioInputDevice', 'headset-mic')).toBe('changed');
  expect(await page.change('changeAudioOutputDevice', 'headset-out')).toBe('changed');
  await page.answer();
  expect(page.spoken().deviceId).toBe('headset-mic');
  expect(await page.change('changeAudioInputDevice', 'laptop-mic')).toBe('changed');
  expect(page.spoken().deviceId).toBe('laptop-mic');
});

it('keeps a choice over another account, and over UnRegister', async () => {
  const page = await exotelPage();
  await page.change('changeAudioInputDevice', 'headset-mic');
  page.phone.UnRegister();
  await settle();
  page.phone.initWebrtc({ ...page.phone.sipAccountInfo!, displayName: 'Another' });
  page.phone.DoRegister();
  await settle();
  await page.answer();
  expect(page.spoken().deviceId).toBe('headset-mic');
});

it("gives onError what Exotel's gives", async () => {
  const page = await exotelPage(true);
  await page.answer();
  expect(await page.change('changeAudioInputDevice', 'toaster')).toBe('deviceIdNotFound');
  expect(await page.change('changeAudioInputDevice', 'toaster', true)).toBe('deviceIdNotFound');
  for (const none of [undefined, null] as unknown as string[]) {
    expect(await page.change('changeAudioInputDevice', none)).toBe('deviceIdNotFound');
    expect(await page.change('changeAudioOutputDevice', none)).toBe('deviceIdNotFound');
  }
  expect(await page.change('changeAudioOutputDevice', 'toaster')).toBe('deviceIdNotFound');
  expect(await page.change('changeAudioInputDevice', 'default')).toBe(
    'current input device is same as default hence not changing',
  );
  expect(await page.change('changeAudioOutputDevice', 'default')).toBe('current output device is same as default');
  page.platform.microphoneError = 'NotAllowedError';
  expect(await page.change('changeAudioInputDevice', 'headset-mic')).toMatchObject({ name: 'NotAllowedError' });
  page.platform.choosesOutput = false;
  expect(await page.change('changeAudioOutputDevice', 'headset-out')).toBe(
    'Browser does not support output device selection.',
  );
});

it('the fifth argument of initWebrtc follows the default; forceDeviceChange stays where it was put', async () => {
  const page = await exotelPage(true);
  const inputs: string[] = [];
  const outputs: string[] = [];
  page.phone.registerAudioDeviceChangeCallback(
    (id) => inputs.push(id),
    (id) => outputs.push(id),
  );
  await page.answer();
  page.platform.devices.makeDefault('headset');
  await settle();
  expect(page.spoken().deviceId).toBe('headset-mic');
  expect([inputs, outputs]).toEqual([['headset-mic'], ['headset-out']]);
  expect(await page.change('changeAudioInputDevice', 'laptop-mic', true)).toBe('changed');
  page.platform.devices.change();
  await settle();
  expect(page.spoken().deviceId).toBe('laptop-mic');
  expect(inputs).toEqual(['headset-mic']); // What the page chose itself it is not told.
});

it('without the fifth argument the callbacks tell all the same, and only a lost device is replaced', async () => {
  const page = await exotelPage();
  const heard: string[] = [];
  page.phone.registerAudioDeviceChangeCallback(
    (id) => heard.push(id),
    (id) => heard.push(id),
  );
  await page.answer();
  await page.change('changeAudioInputDevice', 'headset-mic');
  page.platform.devices.unplug('headset');
  await settle();
  expect(heard).toEqual(['laptop-mic']);
  expect(page.spoken()).toMatchObject({ deviceId: 'laptop-mic', readyState: 'live' });
});

it('[SDK-D30] with onDeviceChangeCallback the SDK switches nothing', async () => {
  const page = await exotelPage(true);
  const [onInput, onOutput, onChange] = [vi.fn(), vi.fn(), vi.fn()];
  page.phone.registerAudioDeviceChangeCallback(onInput, onOutput, onChange);
  await page.answer();
  page.platform.devices.makeDefault('headset');
  await settle();
  expect(onChange).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ type: 'devicechange' }));
  expect([onInput.mock.calls, onOutput.mock.calls, page.spoken().deviceId]).toEqual([[], [], 'laptop-mic']);
});

it('callbacks that throw, or are none, break nothing', async () => {
  const page = await exotelPage(true);
  const broken = () => {
    throw new Error('the page');
  };
  page.phone.registerAudioDeviceChangeCallback(broken, broken);
  page.phone.changeAudioInputDevice('headset-mic', broken, broken);
  page.phone.changeAudioInputDevice('toaster', broken, broken);
  page.phone.changeAudioOutputDevice('headset-out');
  page.phone.registerAudioDeviceChangeCallback();
  await settle();
  expect(await page.change('changeAudioInputDevice', 'laptop-mic')).toBe('changed');
});
