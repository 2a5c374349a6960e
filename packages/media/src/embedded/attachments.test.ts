import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, silentLogger } from '@intermix/kernel';
import { makeToneWav, type PortBlock, repositoryRoot, reservePorts } from '@intermix/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TelephoneEventSender } from '../rtp/telephone-event-sender.js';
import type { EmbeddedEngineOptions, MediaEngine, MediaLeg } from '../types.js';
import { createEmbeddedEngine } from './index.js';
import { RtpPhone, type RtpPhoneOptions, until } from './testing/rtp-phone.js';

// Attachments and files in real media processes, over real RTP on loopback.

let ports: PortBlock;
let engine: MediaEngine;
let folder: string;
let callCount = 0;
const open: { close(): void }[] = [];

const options = (portOffset: number): EmbeddedEngineOptions => ({
  announcedAddress: '127.0.0.1',
  webrtcPort: ports.port(portOffset),
  rtpPortMin: ports.port(portOffset + 4),
  rtpPortMax: ports.port(portOffset + 49),
  processes: 1,
  childPath: join(repositoryRoot(), 'packages/media/dist/embedded/testing/attachment-child.js'),
  logger: silentLogger,
});

beforeAll(async () => {
  ports = await reservePorts();
  folder = mkdtempSync(join(tmpdir(), 'intermix-media-'));
  engine = createEmbeddedEngine(options(0));
  await engine.start();
}, 30_000);

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

afterAll(async () => {
  await engine.stop();
  ports.release();
  rmSync(folder, { recursive: true, force: true });
});

async function phoneOn(leg: MediaLeg, phoneOptions: RtpPhoneOptions = {}): Promise<RtpPhone> {
  const phone = await RtpPhone.open(phoneOptions);
  open.push(phone);
  phone.aimAt(await leg.acceptOffer(phone.sdp()));
  return phone;
}

async function legOf(callId = `call-${callCount++}`, legId = 'a', on = engine): Promise<MediaLeg> {
  const leg = await on.createLeg({ kind: 'rtp', callId, legId });
  open.push(leg);
  return leg;
}

/** A leg with a telephone that says 440 Hz. */
async function talkingLeg(on = engine): Promise<{ leg: MediaLeg; phone: RtpPhone }> {
  const leg = await legOf(undefined, undefined, on);
  const phone = await phoneOn(leg, { toneHz: 440 });
  phone.talk();
  return { leg, phone };
}

const toneFile = (hz: number, seconds: number) =>
  makeToneWav(join(folder, `${hz}-${seconds}.wav`), hz, seconds, { sampleRateHz: 8000 });

describe('a file', () => {
  it('is heard in place of the bridge, resolves at its end, and the bridge comes back without a gap', async () => {
    const { leg, phone } = await talkingLeg();
    const other = await legOf(leg.callId, 'b');
    const bob = await phoneOn(other, { toneHz: 1000 });
    bob.talk();
    await engine.bridge(leg, other);
    await phone.hears(1000);
    const heard = phone.hears(600);
    expect(await leg.playFile(toneFile(600, 0.5))).toEqual({ how: 'played', playedMs: 500 });
    await heard;
    await phone.hears(1000);
    phone.received.slice(1).forEach((packet, i) => {
      expect((packet.sequenceNumber - phone.received[i]!.sequenceNumber) & 0xffff).toBe(1);
    });
  });

  it('goes on in a loop until it is stopped, which silences within 40 ms', async () => {
    const { leg, phone } = await talkingLeg();
    const end = leg.playFile(toneFile(600, 0.2), { loop: true });
    await phone.hears(600, 6);
    await leg.stop();
    const stoppedAt = phone.received.length;
    expect(await end).toMatchObject({ how: 'stopped' });
    expect((await end).playedMs).toBeGreaterThan(500);
    const before = (await leg.stats()).packetsReceived;
    await until('the phone to talk on', async () => (await leg.stats()).packetsReceived > before + 10);
    expect(phone.received.length - stoppedAt).toBeLessThanOrEqual(2);
  });

  it('is ended by another file, by the end of its leg, and by a stop that comes while it is read', async () => {
    const { leg, phone } = await talkingLeg();
    const [first, second] = [leg.playFile(toneFile(600, 5)), leg.playFile(toneFile(700, 5))];
    await phone.hears(700);
    expect((await first).how).toBe('stopped');
    leg.close();
    expect((await second).how).toBe('stopped');
    const { leg: next } = await talkingLeg();
    const third = next.playFile(toneFile(800, 5));
    await next.stop();
    expect(await third).toEqual({ how: 'stopped', playedMs: 0 });
  });

  it('that cannot be played is refused, and says why and what to do', async () => {
    const { leg } = await talkingLeg();
    const wide = makeToneWav(join(folder, 'wide.wav'), 600, 0.1, { sampleRateHz: 48_000 });
    await expect(leg.playFile(wide)).rejects.toMatchObject({ code: 'ERR_MEDIA', problem: 'bad-argument' });
    await expect(leg.playFile(wide)).rejects.toThrow(/wide\.wav is 48000 Hz, mono, 16 bit PCM; .* -ar 8000/);
    await expect(leg.playFile(join(folder, 'none.wav'))).rejects.toThrow('there is no audio file');
    writeFileSync(join(folder, 'text.wav'), 'hello');
    await expect(leg.playFile(join(folder, 'text.wav'))).rejects.toThrow('is not a WAV file');
  });
});

describe('an attachment', () => {
  it('hears the far end and is heard by it, tells digits, answers, and ends when it is asked to', async () => {
    const { leg, phone } = await talkingLeg();
    const attachment = await leg.attach('echo', {});
    const events: unknown[] = [];
    attachment.onEvent((event) => events.push(event));
    expect(attachment).toMatchObject({ callId: leg.callId, legId: 'a', kind: 'echo' });
    await phone.hears(440);
    const digit = new TelephoneEventSender({ digit: '5', durationMs: 100, clockRateHz: 8000 });
    const timestamp = phone.timestamp;
    for (let packet = digit.next(); packet; packet = digit.next()) {
      phone.send({ ...packet, payloadType: 101, timestamp });
    }
    attachment.tell('ping');
    await until('digit and answer', () => events.length === 3);
    expect(events[0]).toBe('started');
    expect(events).toEqual(expect.arrayContaining([{ digit: '5' }, { pong: 'ping' }]));
    attachment.close();
    attachment.close();
    const end = await attachment.ended;
    expect(end).toMatchObject({ how: 'ended', result: { reason: 'closed', callId: leg.callId, legId: 'a' } });
    attachment.tell('too late');
    const heard = phone.received.length;
    const received = (await leg.stats()).packetsReceived;
    await until('the phone to talk on', async () => (await leg.stats()).packetsReceived > received + 5);
    expect(phone.received.length - heard).toBeLessThanOrEqual(1);
  });

  it('hears both sides of a bridge and what is played, each at its place', async () => {
    const { leg, phone } = await talkingLeg();
    const other = await legOf(leg.callId, 'b');
    const bob = await phoneOn(other, { toneHz: 1000 });
    bob.talk();
    await engine.bridge(leg, other);
    await phone.hears(1000);
    const bridged = await leg.attach('tones', { receivedHz: 440, sentHz: 1000 });
    const played = await leg.attach('tones', { receivedHz: 440, sentHz: 600 });
    const heard: unknown[][] = [[], []];
    bridged.onEvent((event) => heard[0]!.push(event));
    played.onEvent((event) => heard[1]!.push(event));
    await until('both tones', () => heard[0]!.length >= 2);
    await leg.playFile(toneFile(600, 0.5));
    await until('the file', () => heard[1]!.includes('sent'));
    bridged.close();
    played.close();
    expect((await played.ended).how).toBe('ended');
  });

  it('hears all that came before its leg was closed, though the process stood still and finds it all at once', async () => {
    const leg = await legOf();
    const phone = await phoneOn(leg);
    const attachment = await leg.attach('echo', {});
    process.kill(pidOf(leg), 'SIGSTOP');
    for (let packet = 0; packet < 90; packet++) phone.send({ payload: Buffer.alloc(160, 0xff) });
    await new Promise((resolve) => setImmediate(resolve)); // They are sent.
    leg.close();
    process.kill(pidOf(leg), 'SIGCONT');
    expect(await attachment.ended).toMatchObject({ result: { reason: 'leg-closed', frames: 90 } });
  });

  it('outlives its leg until it has ended', async () => {
    const { leg } = await talkingLeg();
    const attachment = await leg.attach('slow', 200);
    leg.close();
    expect(await attachment.ended).toEqual({ how: 'ended', result: 'leg-closed' });
    await expect(leg.attach('echo', {})).rejects.toMatchObject({ problem: 'leg-closed' });
  });

  it('that cannot be is refused with the reason', async () => {
    const { leg } = await talkingLeg();
    await expect(leg.attach('unknown', {})).rejects.toMatchObject({ problem: 'bad-argument' });
    await expect(leg.attach('toString', {})).rejects.toThrow('no attachment "toString"');
    await expect(leg.attach('refusing', 'this')).rejects.toMatchObject({
      problem: 'bad-argument',
      message: 'this is no bot',
    });
    await expect(leg.attach('faulty', 'factory')).rejects.toMatchObject({ problem: 'internal' });
    await expect(leg.attach('echo', () => {})).rejects.toMatchObject({ problem: 'bad-argument' });
  });

  it.each(['received', 'sent', 'next', 'length', 'timer', 'event', 'handle', 'close', 'result'])(
    'that fails in %s ends itself and nothing else',
    async (where) => {
      const { leg, phone } = await talkingLeg();
      const attachment = await leg.attach('faulty', where);
      attachment.tell('something');
      if (where === 'close' || where === 'result') attachment.close();
      expect(await attachment.ended).toEqual({ how: 'ended', result: undefined });
      await leg.play({ frequenciesHz: [500] });
      await phone.hears(500);
    },
  );

  it('that fails where nobody catches it ends no call, unless it does so without an end', async () => {
    const problems: unknown[] = [];
    const logger: Logger = { ...silentLogger, error: (fields) => void problems.push(fields), child: () => logger };
    const other = createEmbeddedEngine({ ...options(100), logger });
    open.push({ close: () => void other.stop() });
    await other.start();
    const { leg, phone } = await talkingLeg(other);
    await leg.attach('wild', 4);
    await until('four problems', () => problems.length === 4);
    expect(problems[0]).toMatchObject({ problem: expect.stringContaining('failed out of reach') });
    await leg.play({ frequenciesHz: [500] });
    await phone.hears(500);
    const lost = new Promise<void>((resolve) => other.on('processLost', () => resolve()));
    await leg.attach('wild', 50).catch(() => {});
    await lost;
  });

  it('is lost with its process, and given time when the engine is stopped', async () => {
    const other = createEmbeddedEngine(options(50));
    await other.start();
    const lost = new Promise<number>((resolve) => other.on('processLost', ({ pid }) => resolve(pid)));
    const { leg } = await talkingLeg(other);
    const first = await leg.attach('stubborn', {});
    process.kill(pidOf(leg), 'SIGKILL');
    expect(await first.ended).toEqual({ how: 'engine-lost' });
    await lost;
    await until('another process', () => other.ready);
    const { leg: next } = await talkingLeg(other);
    const slow = await next.attach('slow', 300);
    await other.stop();
    expect(await slow.ended).toEqual({ how: 'ended', result: 'stopping' });
  });
});

/** The process that carries a leg, from behind the seam. */
function pidOf(leg: MediaLeg): number {
  return (leg as unknown as { process: { pid: number } }).process.pid;
}
