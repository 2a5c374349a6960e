import { MediaError } from '@intermix/media';
import { describe, expect, it } from 'vitest';
import { nothingLeft } from '../testing/bench.js';
import { ProgramBench } from '../testing/program-bench.js';
import { dialIn, number } from '../testing/two-users.js';

const dtmf = (signal: string) => ({ body: { type: 'application/dtmf-relay', content: `Signal=${signal}\r\n` } });

/** The Reason header of the only BYE that went out. */
const reasonOfBye = (bench: ProgramBench['bench']) =>
  /^Reason: (.*)$/m.exec(bench.sent('BYE')[0]?.text ?? '')?.[1]?.trim();

describe('a call in the hands of a program', () => {
  it('[PROG1] is answered when the program says so, on record first, and hung up when the program returns', async () => {
    const desk = await ProgramBench.open();
    const { bench, program } = desk;
    const told: string[] = [];
    bench.board.switch.on('callCreated', () => told.push('created'));
    bench.board.switch.on('answered', (call, leg) => told.push(`answered ${call.status} ${leg.role}`));
    bench.board.switch.on('ended', (call) => told.push(`ended ${call.status}`));
    const placed = await desk.dialled();
    expect(program.runs).toBe(1);
    expect(desk.control.call).toMatchObject({ status: 'queued', direction: 'inbound', to: number });
    expect(placed.session).toBeUndefined();

    let letThrough = () => {};
    bench.store.before = () => new Promise<void>((resolve) => (letThrough = resolve));
    const answering = desk.control.answer();
    await bench.run(100);
    expect(placed.session).toBeUndefined(); // Not before it is written.
    bench.store.before = () => {};
    letThrough();
    await bench.settled(answering);
    await bench.run();
    expect(placed.session).toBeDefined();
    expect(desk.media.codec).toBe('PCMU');
    await bench.settled(desk.control.answer()); // A second time changes nothing.

    await bench.run(3_000);
    program.finish();
    await bench.run();
    expect(placed.session!.ended).toBe(true);
    const { call, events } = await bench.record();
    expect(call).toMatchObject({
      status: 'completed',
      durationSec: 4,
      termination: { by: 'platform', reason: 'hangup' },
    });
    expect(events).toEqual(['call-created', 'call-answered', 'call-ended']);
    expect(told).toEqual(['created', 'answered in-progress caller', 'ended completed']);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PROG2] takes a late offer: what it plays waits for the answer in the ACK', async () => {
    const desk = await ProgramBench.open();
    const placed = await desk.dialled({ lateOffer: true });
    const playing = desk.control.playFile('hello.wav');
    await desk.bench.run();
    expect(placed.session).toBeDefined();
    expect(desk.media.playedFiles).toEqual(['hello.wav']);
    desk.media.finishFile();
    expect(await desk.outcome(playing)).toEqual({ how: 'played', playedMs: 1000 });
    desk.program.finish();
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it('[PROG3] speaks G.711 alone: a caller that offers none of it gets 488', async () => {
    const desk = await ProgramBench.open();
    const placed = await desk.answered();
    expect(desk.media.codec).toBe('PCMU');
    placed.session!.bye();
    await desk.bench.run(100);
    const g729 = desk.carrier
      .newMedia()
      .offer({ codecs: ['PCMU'] })
      .replace(/RTP\/AVP 0/, 'RTP/AVP 18');
    const refused = dialIn(desk.carrier, { sdp: g729.replace('rtpmap:0 PCMU', 'rtpmap:18 G729') });
    await desk.bench.run(100);
    expect(refused.failure).toMatchObject({ status: 488 });
    expect(desk.program.runs).toBe(1); // Nothing to decide: there is nothing to speak in.
    const [, second] = [...desk.bench.store.calls.values()];
    expect(second!.call).toMatchObject({ status: 'failed', termination: { reason: 'no-common-codec' } });
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it('[PROG4] plays files and tones to the calling party, and stops them', async () => {
    const desk = await ProgramBench.open();
    await desk.answered();
    const { control, media } = desk;
    await desk.bench.settled(control.playTone({ frequenciesHz: [440] }));
    expect(media.playing).toEqual({ frequenciesHz: [440] });
    const playing = control.playFile('menu.wav', { loop: true });
    await desk.bench.run();
    expect(media.playingFile).toMatchObject({ path: 'menu.wav', loop: true });
    await desk.bench.settled(control.stopPlaying());
    expect(await desk.outcome(playing)).toMatchObject({ how: 'stopped' });
    media.failNext = new MediaError('bad-argument', 'gone.wav is no WAV file');
    expect(await desk.outcome(control.playFile('gone.wav'))).toBe('bad-argument');
    const attachment = await desk.bench.settled(control.attach('stream', { url: 'wss://bot.test' }));
    expect(attachment).toMatchObject({ kind: 'stream', spec: { url: 'wss://bot.test' }, legId: media.legId });
    desk.program.finish();
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it('[PROG5] hears digits by RFC 4733 and by INFO, until it no longer listens', async () => {
    const desk = await ProgramBench.open();
    const placed = await desk.answered();
    const heard: string[] = [];
    const off = desk.control.onDigit(({ digit, durationMs }) => heard.push(`${digit}/${durationMs}`));
    desk.control.onDigit(() => {
      throw new Error('a listener of the program fails');
    });
    desk.media.press('4');
    await desk.bench.settled(placed.session!.request('INFO', dtmf('7')));
    expect(heard).toEqual(['4/100', '7/240']);
    off();
    desk.media.press('5');
    expect(heard).toHaveLength(2);
    desk.program.finish();
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it('[PROG6] ends as completed when the calling party hangs up; whatever the program does then is refused', async () => {
    const desk = await ProgramBench.open();
    const placed = await desk.answered();
    const playing = desk.control.playFile('long.wav');
    await desk.bench.run(1_000);
    placed.session!.bye();
    await desk.bench.run();
    const { call } = await desk.bench.record();
    expect(call).toMatchObject({ status: 'completed', termination: { by: 'caller', reason: 'hangup' } });
    expect(desk.control.signal.aborted).toBe(true);
    expect(desk.control.signal.reason).toMatchObject({ by: 'caller', reason: 'hangup' });
    expect(await desk.outcome(playing)).toBe('call-over');
    const { control } = desk;
    const late = [
      control.answer(),
      control.playTone({ frequenciesHz: [440] }),
      control.stopPlaying(),
      control.attach('x', {}),
    ];
    for (const one of [...late, control.connect({ parties: [] })]) expect(await desk.outcome(one)).toBe('call-over');
    control.note('flow-step', {});
    control.hangup();
    control.record({});
    desk.program.fail(new Error('after the end nobody minds'));
    await desk.bench.run();
    expect((await desk.bench.record()).events.at(-1)).toBe('call-ended');
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it('[PROG7] ends as canceled when the calling party gives up before the answer', async () => {
    const desk = await ProgramBench.open();
    const placed = await desk.dialled();
    placed.outgoing.cancel();
    await desk.bench.run();
    expect(placed.failure).toMatchObject({ status: 487 });
    expect(desk.control.signal.aborted).toBe(true);
    expect((await desk.bench.record()).call).toMatchObject({ status: 'canceled', termination: { by: 'caller' } });
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it.each(['answered', 'not answered'])('[PROG8] %s, and the program breaks: failed, with cause 500', async (when) => {
    const desk = await ProgramBench.open();
    const placed = when === 'answered' ? await desk.answered() : await desk.dialled();
    desk.program.fail(new Error('a defect'));
    await desk.bench.run();
    if (when === 'answered') expect(reasonOfBye(desk.bench)).toBe('SIP;cause=500;text="Program Failed"');
    else expect(placed.failure).toMatchObject({ status: 500 });
    const { call } = await desk.bench.record();
    expect(call).toMatchObject({ status: 'failed', termination: { by: 'platform', reason: 'program-failed' } });
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it.each([
    [undefined, 480, 'canceled', 'hangup'],
    ['busy', 486, 'busy', 'busy'],
    ['rejected', 603, 'busy', 'rejected'],
    ['unknown-number', 404, 'failed', 'unknown-number'],
  ])('[PROG9] is refused by the program with the reason %s: %i', async (reason, sipStatus, status, word) => {
    const desk = await ProgramBench.open();
    const placed = await desk.dialled();
    desk.control.hangup(reason);
    await desk.bench.run();
    expect(placed.failure).toMatchObject({ status: sipStatus });
    expect((await desk.bench.record()).call).toMatchObject({ status, termination: { by: 'platform', reason: word } });
    desk.program.finish();
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it('[PROG10] a program that neither answers nor ends keeps nobody waiting for longer than the ring time', async () => {
    const desk = await ProgramBench.open({ ringTimeoutSec: 20 });
    const placed = await desk.dialled();
    await desk.bench.run(20_001);
    expect(placed.failure).toMatchObject({ status: 480 });
    expect((await desk.bench.record()).call).toMatchObject({ status: 'no-answer' });
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it('[PROG11] a call of a program is over after four hours', async () => {
    const desk = await ProgramBench.open({ silenceLimitMs: 0 });
    const placed = await desk.answered();
    await desk.bench.run(14_400_001);
    expect(placed.session!.ended).toBe(true);
    expect((await desk.bench.record()).call).toMatchObject({
      status: 'completed',
      termination: { reason: 'time-limit' },
    });
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it('[PROG12] ends by the switch as other calls do: order, shutdown, lost media', async () => {
    const ends = {
      hangup: async ({ bench, control }: ProgramBench) => bench.board.switch.hangup(control.call.callSid),
      shutdown: async ({ bench }: ProgramBench) => void bench.board.switch.stop(),
      'media-lost': async ({ media }: ProgramBench) => media.lose(),
    };
    for (const [reason, end] of Object.entries(ends)) {
      const desk = await ProgramBench.open();
      const placed = await desk.answered();
      await end(desk);
      await desk.bench.run(100);
      expect(placed.session!.ended).toBe(true);
      expect(desk.control.signal.aborted).toBe(true);
      expect((await desk.bench.record()).call).toMatchObject({ status: 'completed', termination: { reason } });
      desk.program.finish();
      expect(await desk.bench.close()).toEqual(nothingLeft);
    }
  });

  it('[PROG13] notes its steps in the story, within bounds', async () => {
    const desk = await ProgramBench.open();
    await desk.answered();
    desk.control.note('flow-step', { applet: 'menu' });
    desk.control.note('Not A Word', {});
    desk.control.note('flow-step', { text: 'x'.repeat(9_000) });
    await desk.bench.run();
    const [stored] = [...desk.bench.store.calls.values()];
    expect(stored!.events.filter(({ type }) => type === 'flow-step').map(({ data }) => data)).toEqual([
      { applet: 'menu' },
    ]);
    for (let i = 0; i < 1_200; i++) desk.control.note('flow-step', { i });
    await desk.bench.run();
    expect(stored!.events.length).toBeLessThan(1_010);
    desk.program.finish();
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it('[PROG14] shows its audio, and whether it is to be recorded, to who attaches to it', async () => {
    const desk = await ProgramBench.open();
    const { board } = desk.bench;
    const wished: unknown[] = [];
    board.switch.on('recordingWished', (call, wish) => wished.push([call.status, wish]));
    await desk.dialled();
    const { callSid } = desk.control.call;
    desk.control.record({ channels: 'single' });
    expect(board.switch.mediaOf(callSid)).toMatchObject({ leg: desk.media, recording: { channels: 'single' } });
    expect(wished).toEqual([]); // Whoever records looks when the call is answered.
    await desk.bench.settled(desk.control.answer());
    desk.control.record({ channels: 'dual' });
    expect(wished).toEqual([['in-progress', { channels: 'dual' }]]);
    desk.program.finish();
    await desk.bench.run();
    expect(board.switch.mediaOf(callSid)).toBeUndefined();
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it('[PROG15] a number whose flow is gone: 404, and a record', async () => {
    const desk = await ProgramBench.open();
    desk.bench.flows.clear();
    const placed = await desk.dialled();
    expect(placed.failure).toMatchObject({ status: 404 });
    const { call } = await desk.bench.record();
    expect(call).toMatchObject({ status: 'failed', termination: { by: 'platform', reason: 'unknown-flow' } });
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });
});
