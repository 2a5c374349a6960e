import { silentLogger, systemClock, systemRandom } from '@intermix/kernel';
import { Baresip, eventually, runSipp, type SippScenario, startSipp } from '@intermix/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { simulatedNumbers } from './numbers.js';
import { SimulatedPstn } from './simulated-pstn.js';

const host = '127.0.0.1';
const undo: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function startPstn(peerPort = 9): Promise<SimulatedPstn> {
  const peer = { host, port: peerPort };
  const deps = { clock: systemClock, random: systemRandom, logger: silentLogger };
  const pstn = new SimulatedPstn({ host, sipPort: 0, peer, ...deps });
  await pstn.start();
  undo.push(() => pstn.stop());
  return pstn;
}

describe('SIPp calls the simulated PSTN', () => {
  it.each<[SippScenario, keyof typeof simulatedNumbers, string]>([
    ['uac-bye', 'echo', 'bye'],
    ['uac-bye', 'early_media', 'bye'],
    ['uac-late-offer', 'answer_tone', 'bye'],
    ['uac-cancel', 'no_answer', 'cancelled'],
  ])('%s to %s', async (scenario, number, cause) => {
    const pstn = await startPstn();
    const remote = `${host}:${pstn.address.port}`;
    const { exitCode, stats, log } = await runSipp({ scenario, remote, service: simulatedNumbers[number] });
    expect(exitCode, log).toBe(0);
    expect(stats.retransmissions).toBe(0);
    await eventually(() => pstn.calls()[0]?.end);
    expect(pstn.calls()[0]).toMatchObject({ from: '+911130000100', end: { by: 'intermix', cause } });
  });

  it('over TCP', async () => {
    const pstn = await startPstn();
    const remote = `${host}:${pstn.address.port}`;
    const tcp = ['-t', 't1'];
    const result = await runSipp({ scenario: 'uac-bye', remote, service: simulatedNumbers.answer_tone, args: tcp });
    expect(result.exitCode, result.log).toBe(0);
  });
});

describe('the simulated PSTN calls SIPp', () => {
  it('that echoes, and hears its own tone', async () => {
    const sipp = await startSipp({ scenario: 'uas-answer', echo: true });
    const pstn = await startPstn(sipp.port);
    const call = await pstn.placeCall({ to: '+918040001234' });
    await eventually(() => call.snapshot().hearing_hz === 800);
    call.hangup();
    const { exitCode, log } = await sipp.done;
    expect(exitCode, log).toBe(0);
  });

  it.each<[SippScenario, object]>([
    ['uas-busy', { by: 'intermix', cause: 'rejected', sip_status: 486 }],
    ['uas-bye', { by: 'intermix', cause: 'bye', reason: 'Normal call clearing' }],
  ])('%s', async (scenario, end) => {
    const sipp = await startSipp({ scenario });
    const pstn = await startPstn(sipp.port);
    const call = await pstn.placeCall({ to: '+918040001234' });
    const { exitCode, log } = await sipp.done;
    expect(exitCode, log).toBe(0);
    await eventually(() => call.ended);
    expect(call.snapshot().end).toMatchObject(end);
  });

  it.each<[SippScenario, number]>([
    ['uas-no-answer', 180],
    ['uas-early-media', 183],
  ])('%s, and gives up', async (scenario, status) => {
    const sipp = await startSipp({ scenario });
    const pstn = await startPstn(sipp.port);
    const call = await pstn.placeCall({ to: '+918040001234' });
    await eventually(() => call.snapshot().events.some(({ event }) => event === String(status)));
    if (scenario === 'uas-early-media') await eventually(() => call.state === 'answered');
    call.hangup();
    const { exitCode, log } = await sipp.done;
    expect(exitCode, log).toBe(0);
  });
});

describe('baresip', () => {
  it('calls the echo number, sends digits, holds and resumes', async () => {
    const pstn = await startPstn();
    const phone = await Baresip.start({ accounts: [{ aor: `sip:alice@${host}` }], audio: { toneHz: 640 } });
    undo.push(() => phone.stop());
    await phone.dial(`sip:${simulatedNumbers.echo}@${host}:${pstn.address.port}`);
    await phone.waitFor('CALL_ESTABLISHED');
    const only = () => pstn.calls()[0];
    await eventually(() => only()?.hearing_hz === 640, { message: '640 Hz at the echo number' });
    await phone.sendDigit('7');
    await eventually(() => only()?.digits_heard === '7', { message: 'the digit 7' });
    await phone.hold();
    await eventually(() => only()?.on_hold, { message: 'hold' });
    await phone.resume();
    await eventually(() => only()?.on_hold === false && only()?.hearing_hz === 640, { message: 'resume' });
    await phone.hangup();
    await eventually(() => only()?.end);
    expect(only()?.end).toMatchObject({ by: 'intermix', cause: 'bye' });
  });

  it('is called and says a tone', async () => {
    const phone = await Baresip.start({ accounts: [{ aor: `sip:+918040001234@${host}` }], audio: { toneHz: 520 } });
    undo.push(() => phone.stop());
    const pstn = await startPstn(phone.sipPort);
    const call = await pstn.placeCall({ to: '+918040001234' });
    await phone.waitFor('CALL_INCOMING');
    await phone.accept();
    await eventually(() => call.snapshot().hearing_hz === 520, { message: '520 Hz from baresip' });
    call.hangup();
    await phone.waitFor('CALL_CLOSED');
  });
});
