import { expect, it } from 'vitest';
import { answeredSession, registeredPage, settle } from '../testing/page-fixture.js';

const opus = { mimeType: 'audio/opus', clockRate: 48_000 };
const pcmu = { mimeType: 'audio/PCMU', clockRate: 8_000 };

it('[SDK-D21] puts a preferred codec first by setCodecPreferences and leaves the SDP to the browser', async () => {
  const page = await registeredPage();
  page.platform.codecs = [pcmu, opus];
  page.client.setPreferredCodec('opus');
  const invite = page.server.call();
  await settle();
  const answered = new Promise<string | undefined>((resolve) => invite.on('answered', (_, { sdp }) => resolve(sdp)));
  await page.client.calls[0]?.answer();
  const sdp = await answered;
  expect(page.platform.peers[0]?.getTransceivers()[0]?.codecPreferences).toEqual([opus, pcmu]);
  expect(sdp).toContain('UDP/TLS/RTP/SAVPF');
  expect(sdp).toBe(page.platform.peers[0]?.localDescription?.sdp);
});

it('[SDK-D21] a codec that the browser does not have changes nothing', async () => {
  const page = await registeredPage({ preferredCodec: 'opus' });
  page.platform.codecs = [pcmu];
  const invite = page.server.call();
  await settle();
  await Promise.all([answeredSession(invite), page.client.calls[0]?.answer()]);
  expect(page.platform.peers[0]?.getTransceivers()[0]?.codecPreferences).toBeUndefined();
});

it('[SDK-D17] a microphone that was given back holds nothing of its call', async () => {
  const page = await registeredPage();
  const invite = page.server.call();
  await settle();
  const [call] = page.client.calls;
  await Promise.all([answeredSession(invite), call?.answer()]);
  const [track] = page.platform.liveTracks;
  expect(track?.onended).not.toBeNull();
  await call?.hangup();
  expect(track).toMatchObject({ readyState: 'ended', onended: null });
});
