import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectPageTone, launchBrowser, pageTone, type TestBrowser, type TestPage } from './index.js';

/** A call within one page: the microphone through two RTCPeerConnections into an <audio> element. */
const callYourself = async () => {
  const [caller, callee] = [new RTCPeerConnection(), new RTCPeerConnection()];
  caller.onicecandidate = ({ candidate }) => candidate && callee.addIceCandidate(candidate);
  callee.onicecandidate = ({ candidate }) => candidate && caller.addIceCandidate(candidate);
  callee.ontrack = ({ track }) => {
    const audio = document.createElement('audio');
    audio.id = 'remote';
    audio.autoplay = true;
    audio.srcObject = new MediaStream([track]);
    document.body.append(audio);
  };
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  for (const track of microphone.getTracks()) caller.addTrack(track, microphone);
  await caller.setLocalDescription();
  await callee.setRemoteDescription(caller.localDescription as RTCSessionDescription);
  await callee.setLocalDescription();
  await caller.setRemoteDescription(callee.localDescription as RTCSessionDescription);
};

describe('browser driver', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await launchBrowser({ micToneHz: 620 });
  }, 30_000);
  afterAll(() => browser?.close());

  /** about:blank is no secure context; a page on localhost is, served from here without a server. */
  async function openSecurePage(): Promise<TestPage> {
    const opened = await browser.openPage('about:blank');
    await opened.page.route('http://localhost/', (route) => route.fulfill({ contentType: 'text/html', body: '<p>' }));
    await opened.page.goto('http://localhost/');
    return opened;
  }

  it('hears its own microphone through WebRTC, by connection and by element', async () => {
    const { page, errors } = await openSecurePage();
    expect(await pageTone(page)).toBeUndefined();
    await page.evaluate(callYourself);
    const heard = await expectPageTone(page, 620);
    expect(heard.levelDb).toBeGreaterThan(-60);
    await expectPageTone(page, 620, { selector: '#remote' });
    await expectPageTone(page, 620, { expression: 'document.querySelector("#remote").srcObject' });
    expect(errors).toEqual([]);
  });

  it('tells what it heard instead of the tone', async () => {
    const { page } = await openSecurePage();
    await expect(expectPageTone(page, 1000, { timeoutMs: 200 })).rejects.toThrow('the page heard nothing, not 1000 Hz');
  });

  it('records console errors and uncaught exceptions', async () => {
    const { page, errors, console: lines } = await openSecurePage();
    await page.evaluate(() => {
      globalThis.console.error('first complaint');
      globalThis.console.info('no complaint');
      setTimeout(() => {
        throw new Error('second complaint');
      });
    });
    await expect.poll(() => errors.length).toBe(2);
    expect(errors.join('\n')).toMatch(/first complaint[\s\S]*second complaint/);
    expect(lines).toContain('info: no complaint');
  });

  it('gives each page a storage of its own, unless it is a tab of another', async () => {
    const alice = await openSecurePage();
    await alice.page.evaluate(() => localStorage.setItem('name', 'alice'));
    const bob = await openSecurePage();
    expect(await bob.page.evaluate(() => localStorage.getItem('name'))).toBeNull();
    const tab = await browser.openPage('about:blank', { tabOf: alice });
    await tab.page.route('http://localhost/', (route) => route.fulfill({ contentType: 'text/html', body: '<p>' }));
    await tab.page.goto('http://localhost/');
    expect(await tab.page.evaluate(() => localStorage.getItem('name'))).toBe('alice');
  });
});
