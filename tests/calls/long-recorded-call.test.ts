import { eventually, type PhoneCall, type RunningServer, SipPhone, startServer } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../support/admin.js';
import { bandShare, decodeMp3, loudness, silences } from '../support/heard-mp3.js';
import { Heartbeat } from '../support/heartbeat-tone.js';
import { SnakeApp } from '../support/snake.js';

// A call as long as a real one, between two telephones on the wire, held in its middle. It takes as long as it says.

/** Seconds; a minute shows the same, but for slow drifts. */
const lengthSec = Number(process.env.INTERMIX_TEST_RECORDED_SEC ?? 600);
const patience = 10_000;
const callerHz = 440;
const calleeHz = 1_000;
/** Both telephones pause at the same moments of the wall clock: where a recording has the pauses, its clock can be read. */
const beatMs = 10_000;
const pauseMs = 250;
/**
 * What `started_at` and the moments of this test may be off by on a busy machine: they are when answers came. Within the file, and
 * between its channels, nothing is.
 */
const answerMs = 1_000;

describe(`a call of ${lengthSec} s with a hold from two fifths to three fifths`, () => {
  let server: RunningServer;
  let admin: AdminApi;
  let caller: SipPhone;
  let callee: SipPhone;

  beforeAll(async () => {
    server = await startServer();
    admin = new AdminApi(server);
    const backend = await SnakeApp.demo(server);
    await backend.data('PUT', '/settings', { recording_enabled: true });
    const settings = { channels: 'dual', format: 'mp3', paused_as: 'silence', tone: 'off', retention_days: null };
    const path = `/api/v1/apps/${server.bootstrap.app.id}/recording`;
    expect((await admin.request('PUT', path, settings)).status).toBe(200);
    [caller, callee] = (await Promise.all([deskPhone(0), deskPhone(1)])) as [SipPhone, SipPhone];
    expect((await callee.register({ expiresSec: lengthSec + 300 })).status).toBe(200);
  });
  afterAll(async () => {
    await Promise.all([caller?.stop(), callee?.stop()]);
    await server?.stop();
  });

  function deskPhone(index: number): Promise<SipPhone> {
    const { sip_username: user, sip_password: password, sip_domain: domain } = demoUser(index);
    return SipPhone.start({ server: server.sip, user, domain, credentials: { username: user, password } });
  }

  function demoUser(index: number) {
    const user = server.bootstrap.users[index];
    if (user === undefined) throw new Error(`no demo user ${index}`);
    return user;
  }

  function speak(call: PhoneCall, hz: number): Heartbeat {
    const voice = new Heartbeat({ hz, beatMs, pauseMs });
    call.media.audio.play(voice);
    return voice;
  }

  async function recordingOf(callSid: string, state: string): Promise<any> {
    return eventually(
      async () => {
        const { body } = await admin.request('GET', `/api/v1/calls/${callSid}/recordings`);
        return body.items.find((one: any) => one.state === state);
      },
      { timeoutMs: patience, message: `a recording that is ${state}` },
    );
  }

  /** Until the wall clock says so. */
  const until = (at: number) =>
    eventually(() => Date.now() >= at, { timeoutMs: at - Date.now() + 5_000, everyMs: 100, message: 'time to pass' });

  it('is recorded whole: length, channels, alignment, frequencies', { timeout: (lengthSec + 90) * 1_000 }, async () => {
    const { sip_username: user, sip_domain: domain } = demoUser(1);
    const dialled = await caller.call(`sip:${user}@${domain}`);
    const incoming = await callee.waitForCall(patience);
    incoming.answer();
    const call = await dialled.waitForAnswer(patience);
    const voices = [speak(call, callerHz), speak(incoming, calleeHz)];
    const { call_sid: callSid } = await admin.expectLastCall('in-progress', ({ status }) => status === 'in-progress');
    const begun = Date.parse((await recordingOf(callSid, 'recording')).started_at);

    await until(begun + lengthSec * 400);
    const hold = await span(() => call.hold());
    await until(begun + lengthSec * 600);
    const resumption = await span(() => call.resume());
    await until(begun + lengthSec * 1_000);
    const endedAt = Date.now();
    call.hangup();

    const ready = await recordingOf(callSid, 'ready');
    const startedAt = Date.parse(ready.started_at);
    const [held, resumed] = [hold, resumption].map((one) => since(startedAt, one)) as [Part, Part];
    const mp3 = await decodeMp3(new Uint8Array(await (await fetch(ready.url)).arrayBuffer()));
    expect(mp3.channels).toHaveLength(2);
    expect(Math.abs(mp3.lengthMs - ready.duration_ms)).toBeLessThanOrEqual(1);
    expect(Math.abs(mp3.lengthMs - (endedAt - startedAt))).toBeLessThan(answerMs);
    const isSteady = steadiness(voices, startedAt);
    expectHold(mp3.channels, held, resumed, isSteady);
    const parts = [
      { fromMs: 2_000, toMs: held.fromMs - answerMs - 500 },
      { fromMs: resumed.toMs + answerMs + 1_000, toMs: mp3.lengthMs - 1_000 },
    ];
    expectTones(mp3.channels, parts, isSteady);
    const figures = expectAligned(mp3.channels, parts, startedAt, isSteady);
    process.stdout.write(`recorded call of ${lengthSec} s: ${JSON.stringify(figures)}\n`);
  });
});

type Part = { fromMs: number; toMs: number };
const piece = (samples: Float32Array, fromMs: number, toMs: number) => samples.subarray(fromMs * 8, toMs * 8);

/** When something was done, from its beginning to its end. */
async function span(act: () => Promise<void>): Promise<Part> {
  const fromMs = Date.now();
  await act();
  return { fromMs, toMs: Date.now() };
}

const since = (startedAt: number, { fromMs, toMs }: Part): Part => ({
  fromMs: fromMs - startedAt,
  toMs: toMs - startedAt,
});

type IsSteady = (part: Part) => boolean;

/** Where the machine had time for the telephones, and the recorder for finding its place again: what is not, proves nothing. */
function steadiness(voices: readonly Heartbeat[], startedAt: number): IsSteady {
  const late = voices.flatMap(({ lateAt }) => lateAt.map((at) => at - startedAt));
  return ({ fromMs, toMs }) => !late.some((at) => at > fromMs - 6_000 && at < toMs + 1_000);
}

/** Both channels are silent from the hold to the end of it, and nowhere else for so long. A pause may lie right beside it. */
function expectHold(channels: readonly Float32Array[], held: Part, resumed: Part, isSteady: IsSteady): void {
  for (const channel of channels) {
    const middleMs = (held.toMs + resumed.fromMs) / 2;
    const isHold = (one: Part) => one.fromMs < middleMs && one.toMs > middleMs;
    const long = silences(channel, pauseMs + 500).filter((one) => one.fromMs > 1_500 && (isHold(one) || isSteady(one)));
    expect(long, JSON.stringify(long)).toHaveLength(1);
    const where = JSON.stringify({ long, held, resumed });
    expect(long[0]?.fromMs, where).toBeGreaterThan(held.fromMs - pauseMs - answerMs);
    expect(long[0]?.fromMs, where).toBeLessThan(held.toMs + answerMs);
    expect(long[0]?.toMs, where).toBeGreaterThan(resumed.fromMs - answerMs);
    expect(long[0]?.toMs, where).toBeLessThan(resumed.toMs + pauseMs + answerMs);
    expect(loudness(piece(channel, held.toMs + answerMs, resumed.fromMs - answerMs))).toBeLessThan(0.001);
  }
}

/**
 * Second by second, but for those with a pause in them. Where all packets of some seconds were late the recorder follows, and
 * the pitch is off by up to two per cent for a moment: one second in twenty may be such a one.
 */
function expectTones(channels: readonly Float32Array[], parts: readonly Part[], isSteady: IsSteady): void {
  const shares: number[] = [];
  for (const { fromMs, toMs } of parts) {
    for (let at = fromMs; at + 1_000 <= toMs; at += 1_000) {
      if (!isSteady({ fromMs: at, toMs: at + 1_000 })) continue;
      for (const [index, hz] of [callerHz, calleeHz].entries()) {
        const second = piece(channels[index] ?? new Float32Array(), at, at + 1_000);
        if (silences(second, 20).length > 0) continue;
        shares.push(bandShare(second, hz));
        expect(shares.at(-1), `${hz} Hz at ${at} ms`).toBeGreaterThan(0.5);
        expect(loudness(second), `${hz} Hz at ${at} ms`).toBeGreaterThan(0.05);
      }
    }
  }
  const pure = shares.filter((share) => share > 0.9).length;
  expect(pure, `of ${shares.length} seconds`).toBeGreaterThanOrEqual(shares.length * 0.95);
}

/** A block of MP3 is 72 ms, in which an edge leaves traces: the edge itself is where a third of the tone's level is passed. */
const edges = { blockMs: 2, below: 0.06 };

/** The pauses of both sides begin and end together, and where the wall clock has them, from the first to the last. */
function expectAligned(
  channels: readonly Float32Array[],
  parts: readonly Part[],
  startedAt: number,
  isSteady: IsSteady,
) {
  const [left = new Float32Array(), right = new Float32Array()] = channels;
  const apart: number[] = [];
  const late: number[] = [];
  let all = 0;
  const beats = Math.floor((parts.at(-1)?.toMs ?? 0) / beatMs);
  for (let beat = 0; beat <= beats; beat++) {
    const at = beatMs - (startedAt % beatMs) + beat * beatMs;
    if (!parts.some(({ fromMs, toMs }) => at - 500 > fromMs && at + 1_000 < toMs)) continue;
    all += 1;
    if (!isSteady({ fromMs: at, toMs: at + pauseMs })) continue;
    const [ours, theirs] = [left, right].map((channel) => silences(piece(channel, at - 200, at + 700), 150, edges)[0]);
    expect(ours && theirs, `the pause at ${at} ms`).toBeDefined();
    const begins = (theirs?.fromMs ?? Number.NaN) - (ours?.fromMs ?? Number.NaN);
    const ends = (theirs?.toMs ?? Number.NaN) - (ours?.toMs ?? Number.NaN);
    expect(Math.max(Math.abs(begins), Math.abs(ends)), `at ${at} ms: ${begins}, ${ends}`).toBeLessThan(20);
    apart.push(begins);
    late.push((ours?.fromMs ?? Number.NaN) - 200, (theirs?.fromMs ?? Number.NaN) - 200);
  }
  const [least, most] = [Math.min(...late), Math.max(...late)];
  expect(all).toBeGreaterThanOrEqual(Math.floor((lengthSec * 0.8) / (beatMs / 1_000)) - 3);
  expect(apart.length, 'pauses while the machine had time').toBeGreaterThanOrEqual(all / 2);
  expect(most - least).toBeLessThan(20);
  expect(Math.abs(least), 'what started_at is off by').toBeLessThan(answerMs);
  return {
    ...{
      pauses: apart.length,
      left: all - apart.length,
      apartMs: [Math.min(...apart), Math.max(...apart)],
      lateMs: [least, most],
    },
    driftMs: (late.at(-1) ?? 0) - (late[1] ?? 0),
  };
}
