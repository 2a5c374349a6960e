import { createSocket } from 'node:dgram';
import { silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import { ToneDetector } from '@intermix/media';
import { eventually, SipPhone, type SipPhoneOptions } from '@intermix/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultCallerNumber, simulatedNumbers } from './numbers.js';
import { SimulatedPstn, type SimulatedPstnOptions } from './simulated-pstn.js';

const host = '127.0.0.1';
const ours = '+918040001234';
const undo: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** The phone stands where Intermix would: the network's peer. Real sockets, real audio. */
async function makeNetwork(options: { pstn?: Partial<SimulatedPstnOptions>; phone?: Partial<SipPhoneOptions> } = {}) {
  let peer = { host, port: 9 };
  const pstn = new SimulatedPstn({
    host,
    sipPort: 0,
    get peer() {
      return peer;
    },
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    ...options.pstn,
  });
  await pstn.start();
  undo.push(() => pstn.stop());
  const phone = await SipPhone.start({ server: pstn.address, user: ours, ...options.phone });
  undo.push(() => phone.stop());
  peer = phone.address;
  return { pstn, phone, only: () => pstn.calls()[0] };
}

describe('numbers of the simulated PSTN', () => {
  it('echo sends back the tone and the digits of the caller', async () => {
    const { phone, only } = await makeNetwork();
    const call = await (await phone.call(simulatedNumbers.echo)).waitForAnswer();
    call.sendTone(700);
    await call.expectTone(700);
    call.sendTone(1300);
    await call.expectTone(1300);
    await call.sendDtmf('42#');
    await call.expectDigits('42#');
    expect(only()).toMatchObject({ state: 'answered', to: simulatedNumbers.echo, from: ours, digits_heard: '42#' });
    call.hangup();
    await eventually(() => only()?.end);
    expect(only()).toMatchObject({ state: 'ended', end: { by: 'intermix', cause: 'bye' }, packets_lost: 0 });
  });

  it('answer_tone rings, answers and plays 1000 Hz', async () => {
    const { phone, only } = await makeNetwork();
    const call = await phone.call(simulatedNumbers.answer_tone);
    call.sendTone(550);
    await call.waitForRinging();
    await call.waitForAnswer();
    expect(call.statuses.filter((status) => status > 100)).toEqual([180, 200]);
    await call.expectTone(1000);
    await eventually(() => only()?.hearing_hz === 550);
  });

  it('busy is 486, reject is 603', async () => {
    const { phone, pstn } = await makeNetwork();
    const busy = await phone.call(simulatedNumbers.busy);
    expect(await busy.waitForEnd()).toMatchObject({ by: 'remote', status: 486 });
    const rejected = await phone.call(simulatedNumbers.reject);
    expect(await rejected.waitForEnd()).toMatchObject({ by: 'remote', status: 603 });
    expect(pstn.calls().map((call) => call.end)).toEqual([
      { by: 'pstn', cause: 'rejected', sip_status: 486 },
      { by: 'pstn', cause: 'rejected', sip_status: 603 },
    ]);
  });

  it('no_answer rings until CANCEL, and notes its reason', async () => {
    const { phone, only } = await makeNetwork();
    const call = await (await phone.call(simulatedNumbers.no_answer)).waitForRinging();
    call.hangup({ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' });
    expect(await call.waitForEnd()).toMatchObject({ status: 487 });
    await eventually(() => only()?.end);
    expect(only()?.end).toEqual({
      by: 'intermix',
      cause: 'cancelled',
      sip_status: 487,
      reason: 'Call completed elsewhere',
    });
  });

  it('dtmf_readback says each digit back, as an event and as its tone pair', async () => {
    const { phone } = await makeNetwork();
    const call = await (await phone.call(simulatedNumbers.dtmf_readback)).waitForAnswer();
    const pair = [770, 1336].map((frequencyHz) => new ToneDetector({ frequencyHz, minShare: 0.4 }));
    call.media.audio.on('audio', (pcm) => {
      for (const tone of pair) tone.push(pcm);
    });
    await call.sendDtmf('5');
    await call.expectDigits('5');
    await eventually(() => pair.every((tone) => tone.blocksHeard > 0), { message: 'the tone pair of 5' });
    await call.sendDtmf('90');
    await call.expectDigits('590');
  });

  it('early_media is heard before the answer', async () => {
    const { phone } = await makeNetwork();
    const call = await phone.call(simulatedNumbers.early_media);
    await call.expectTone(400);
    expect(call.state).toBe('ringing');
    expect(call.statuses).toContain(183);
    await call.waitForAnswer();
    await call.expectTone(1000);
  });

  it('any other number rings with ringback, answers after a second and talks', async () => {
    const { phone, only } = await makeNetwork();
    const call = await phone.call('09876543210');
    await call.expectTone(400);
    await call.waitForAnswer();
    await call.expectTone(440);
    expect(only()?.to).toBe('+919876543210');
  });

  it('refuses by 404 what is no telephone number', async () => {
    const { phone, only } = await makeNetwork();
    expect(await (await phone.call('alice')).waitForEnd()).toMatchObject({ status: 404 });
    expect(only()).toBeUndefined();
  });
});

describe('the simulated PSTN as a carrier', () => {
  it('is called over TCP too', async () => {
    const { phone } = await makeNetwork({ phone: { protocol: 'TCP' } });
    const call = await (await phone.call(simulatedNumbers.answer_tone)).waitForAnswer();
    await call.expectTone(1000);
    call.hangup();
    await eventually(() => phone.story.filter((line) => line === '< SIP/2.0 200 OK').length === 2);
  });

  it('speaks PCMA when that is what the caller has', async () => {
    const { phone, only } = await makeNetwork({ phone: { codecs: ['PCMA'] } });
    const call = await (await phone.call(simulatedNumbers.answer_tone)).waitForAnswer();
    await call.expectTone(1000);
    expect(only()?.codec).toBe('PCMA');
  });

  it('answers 488 when no codec is shared', async () => {
    const { phone, only } = await makeNetwork({ pstn: { codecs: ['PCMU'] }, phone: { codecs: ['PCMA'] } });
    const call = await phone.call(simulatedNumbers.echo);
    expect(await call.waitForEnd()).toMatchObject({ status: 488 });
    expect(only()).toMatchObject({ state: 'ended', end: { by: 'pstn', sip_status: 488 } });
  });

  it('offers in its 2xx when the INVITE has no offer', async () => {
    const { phone, only } = await makeNetwork();
    const call = await phone.call(simulatedNumbers.answer_tone, { lateOffer: true });
    await call.waitForAnswer();
    call.sendTone(650);
    await call.expectTone(1000);
    await eventually(() => only()?.hearing_hz === 650);
  });

  it('sends nothing while it is held, and plays on after it', async () => {
    const { phone, only } = await makeNetwork();
    const call = await (await phone.call(simulatedNumbers.answer_tone)).waitForAnswer();
    call.sendTone(500);
    await call.expectTone(1000);
    await call.hold();
    expect([call.media.direction, only()?.on_hold]).toEqual(['sendonly', true]);
    await call.expectNoTone();
    await eventually(() => only()?.hearing_hz === 500); // Music on hold still reaches the subscriber.
    const sent = only()?.packets_sent;
    await call.resume();
    await call.expectTone(1000);
    expect(only()).toMatchObject({ on_hold: false });
    expect(only()?.packets_sent).toBeGreaterThan(sent ?? 0);
  });

  it('offers again when a re-INVITE asks for it', async () => {
    const { phone } = await makeNetwork();
    const call = await (await phone.call(simulatedNumbers.answer_tone)).waitForAnswer();
    await call.hold();
    await call.expectNoTone();
    call.media.offer('sendrecv'); // What we want from now on; the answer in the ACK says it.
    await call.askForOffer();
    await call.expectTone(1000);
    expect(call.end).toBeUndefined();
  });

  it('shrugs at what is no RTP, no telephone event, and no SIP', async () => {
    const { phone, pstn, only } = await makeNetwork();
    const call = await (await phone.call(simulatedNumbers.answer_tone)).waitForAnswer();
    const rtpPort = Number(/m=audio (\d+)/.exec(call.response?.sdp ?? '')?.[1]);
    const noise = createSocket('udp4');
    const event = Buffer.from('80650001000000010000000163', 'hex'); // Cut short after the event number, which is none.
    for (const data of [Buffer.alloc(0), Buffer.from('hello'), Buffer.alloc(1400, 0xff), event]) {
      for (const port of [rtpPort, rtpPort + 1, pstn.address.port]) noise.send(data, port, host);
    }
    await call.sendDtmf('3');
    await eventually(() => only()?.digits_heard === '3');
    noise.close();
    await call.expectTone(1000);
    expect((await phone.options()).status).toBe(200);
  });

  it('carries forty calls at once without losing a packet', async () => {
    const { phone, pstn } = await makeNetwork();
    const calls = await Promise.all(Array.from({ length: 40 }, () => phone.call(simulatedNumbers.answer_tone)));
    await Promise.all(calls.map((call) => call.waitForAnswer(10_000)));
    await Promise.all(calls.map((call) => call.expectTone(1000, 10_000)));
    expect(calls.map((call) => call.media.audio.stats.packetsLost)).toEqual(new Array(40).fill(0));
    for (const call of calls) call.hangup();
    await eventually(() => pstn.activeCalls === 0);
  });

  it('hangs up on command, and refuses more calls than it may have', async () => {
    const { phone, pstn, only } = await makeNetwork({ pstn: { maxCalls: 1 } });
    const call = await (await phone.call(simulatedNumbers.echo)).waitForAnswer();
    expect(await (await phone.call(simulatedNumbers.echo)).waitForEnd()).toMatchObject({ status: 503 });
    await expect(pstn.placeCall({ to: ours })).rejects.toMatchObject({
      code: 'ERR_SIMULATOR_BUSY',
      problem: 'too-many-calls',
    });
    expect(pstn.hangup(only()?.id ?? '')).toBe(true);
    expect(await call.waitForEnd()).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(pstn.activeCalls).toBe(0);
    expect(pstn.hangup('nobody')).toBe(false);
  });

  it('ends every call when it stops', async () => {
    const { phone, pstn } = await makeNetwork();
    const call = await (await phone.call(simulatedNumbers.echo)).waitForAnswer();
    const ringing = await (await phone.call(simulatedNumbers.no_answer)).waitForRinging();
    await pstn.stop();
    expect(await call.waitForEnd()).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(await ringing.waitForEnd()).toMatchObject({ by: 'remote', status: 480 });
    await expect(pstn.placeCall({ to: ours })).rejects.toMatchObject({ problem: 'not-started' });
    await pstn.stop();
  });
});

describe('calls placed by the simulated PSTN', () => {
  it('reach our number as a carrier would send them, and play 800 Hz until hung up', async () => {
    const { phone, pstn, only } = await makeNetwork();
    const placed = await pstn.placeCall({ to: ours, displayName: 'Asha' });
    const call = await phone.waitForCall();
    expect(call.request.uri.toString()).toBe(`sip:${ours}@${phone.address.host}:${phone.address.port}`);
    expect(call.request.from.displayName).toBe('Asha');
    await eventually(() => only()?.state === 'ringing');
    call.answer();
    call.sendTone(600);
    await call.expectTone(800);
    await eventually(() => only()?.hearing_hz === 600);
    expect(only()).toMatchObject({ id: placed.id, direction: 'placed', from: defaultCallerNumber, from_name: 'Asha' });
    call.hangup({ protocol: 'Q.850', cause: 16, text: 'Normal' });
    await eventually(() => placed.ended);
    expect(only()).toMatchObject({ end: { by: 'intermix', cause: 'bye', reason: 'Normal' }, tone_heard_hz: 600 });
  });

  it('do what their script says', async () => {
    const { phone, pstn, only } = await makeNetwork();
    const answerScript = [{ wait_ms: 100 }, { dtmf: '12#' }, { tone_hz: 1200, ms: 400 }, { hangup: true }] as const;
    await pstn.placeCall({ to: ours, from: '09811122233', answerScript });
    const call = await phone.waitForCall();
    call.answer();
    await call.expectDigits('12#');
    await call.expectTone(1200);
    expect(await call.waitForEnd()).toMatchObject({ by: 'remote', cause: 'bye' });
    expect(only()).toMatchObject({ state: 'ended', end: { by: 'pstn', cause: 'bye' }, from: '+919811122233' });
  });

  it('hide the number of an anonymous caller', async () => {
    const { phone, pstn } = await makeNetwork();
    await pstn.placeCall({ to: ours, from: 'anonymous' });
    const call = await phone.waitForCall();
    expect(call.request.from.uri.toString()).toBe('sip:anonymous@anonymous.invalid');
    expect(call.request.headers.get('Contact')).not.toContain('+91113');
  });

  it('tell why they were not answered', async () => {
    const { phone, pstn, only } = await makeNetwork();
    phone.refuseWith = 486;
    const placed = await pstn.placeCall({ to: ours });
    await eventually(() => placed.ended);
    expect(only()?.end).toMatchObject({ by: 'intermix', cause: 'rejected', sip_status: 486 });
  });

  it('can be given up while they ring', async () => {
    const { phone, pstn } = await makeNetwork();
    const placed = await pstn.placeCall({ to: ours });
    const call = await phone.waitForCall();
    await eventually(() => placed.state === 'ringing');
    placed.hangup();
    expect(await call.waitForEnd()).toMatchObject({ status: 487 });
    await eventually(() => placed.snapshot().end?.cause === 'cancelled');
  });

  it('hear early media, and our hold', async () => {
    const { phone, pstn, only } = await makeNetwork();
    await pstn.placeCall({ to: ours });
    const call = await phone.waitForCall();
    call.earlyMedia();
    call.sendTone(900);
    await eventually(() => only()?.hearing_hz === 900);
    call.answer();
    await call.expectTone(800);
    await call.hold();
    await call.expectNoTone();
    expect(only()?.on_hold).toBe(true);
  });

  it.each([
    ['a name for a number', { to: 'alice' }, 'bad-number'],
    ['a name for a caller', { to: ours, from: 'bob' }, 'bad-number'],
    ['a digit that is none', { to: ours, answerScript: [{ dtmf: '12x' }] }, 'bad-script'],
    ['a wait into the past', { to: ours, answerScript: [{ wait_ms: -1 }] }, 'bad-script'],
    ['a tone above the band', { to: ours, answerScript: [{ tone_hz: 9000, ms: 10 }] }, 'bad-script'],
    ['too many steps', { to: ours, answerScript: new Array(101).fill({ wait_ms: 1 }) }, 'bad-script'],
  ])('are refused before anything is sent: %s', async (_, options, problem) => {
    const { pstn } = await makeNetwork();
    await expect(pstn.placeCall(options)).rejects.toMatchObject({ code: 'ERR_SIMULATOR', problem });
    expect(pstn.calls()).toEqual([]);
  });
});
