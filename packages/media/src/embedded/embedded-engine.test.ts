import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { silentLogger } from '@intermix/kernel';
import { type PortBlock, reservePorts } from '@intermix/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pcmuToPcma } from '../audio/g711.js';
import { writeRtcp } from '../rtp/rtcp-packet.js';
import { parseTelephoneEvent } from '../rtp/telephone-event.js';
import { TelephoneEventSender } from '../rtp/telephone-event-sender.js';
import type { EmbeddedEngineOptions, MediaEngine, MediaLeg } from '../types.js';
import { createEmbeddedEngine } from './index.js';
import { RtpPhone, type RtpPhoneOptions, until } from './testing/rtp-phone.js';

// The engine with real media processes and real sockets, on loopback.

let ports: PortBlock;
let engine: MediaEngine;
let callCount = 0;
const open: { close(): void }[] = [];

const options = (portOffset: number, more: Partial<EmbeddedEngineOptions> = {}): EmbeddedEngineOptions => ({
  announcedAddress: '127.0.0.1',
  webrtcPort: ports.port(portOffset),
  rtpPortMin: ports.port(portOffset + 4),
  rtpPortMax: ports.port(portOffset + 39),
  processes: 1,
  logger: silentLogger,
  ...more,
});

beforeAll(async () => {
  ports = await reservePorts();
  engine = createEmbeddedEngine(options(0, { rtpPortMax: ports.port(99), silenceAfterMs: 400 }));
  await engine.start();
}, 30_000);

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

afterAll(async () => {
  await engine.stop();
  ports.release();
});

async function phoneWith(phoneOptions: RtpPhoneOptions = {}): Promise<RtpPhone> {
  const phone = await RtpPhone.open(phoneOptions);
  open.push(phone);
  return phone;
}

async function legOf(callId: string, legId: string, on = engine): Promise<MediaLeg> {
  const leg = await on.createLeg({ kind: 'rtp', callId, legId });
  open.push(leg);
  return leg;
}

interface Call {
  a: MediaLeg;
  b: MediaLeg;
  alice: RtpPhone;
  bob: RtpPhone;
}

/** Alice calls (she offers), Bob is called (he answers), and both are joined. */
async function makeCall(
  aliceOptions: RtpPhoneOptions = {},
  bobOptions: RtpPhoneOptions = {},
  on = engine,
): Promise<Call> {
  const callId = `call-${callCount++}`;
  const [alice, bob] = [
    await phoneWith({ toneHz: 440, ...aliceOptions }),
    await phoneWith({ toneHz: 1000, ...bobOptions }),
  ];
  const [a, b] = await Promise.all([legOf(callId, 'a', on), legOf(callId, 'b', on)]);
  alice.aimAt(await a.acceptOffer(alice.sdp()));
  bob.aimAt(await b.offer({ codecs: [bob.codec] }));
  await b.acceptAnswer(bob.sdp());
  await on.bridge(a, b);
  return { a, b, alice, bob };
}

/** Every sequence number follows the one before, and no timestamp goes back. */
function expectContinuous(phone: RtpPhone): void {
  expect(new Set(phone.received.map((packet) => packet.ssrc)).size).toBe(1);
  phone.received.forEach((packet, i) => {
    const before = phone.received[i - 1];
    if (!before) return;
    expect((packet.sequenceNumber - before.sequenceNumber) & 0xffff).toBe(1);
    expect((packet.timestamp - before.timestamp) | 0).toBeGreaterThanOrEqual(0);
  });
}

describe('bridge of two plain legs', () => {
  it('carries a tone both ways, without loss', async () => {
    const { a, b, alice, bob } = await makeCall();
    const connected: string[] = [];
    a.on('connected', () => connected.push('a'));
    b.on('connected', () => connected.push('b'));
    alice.talk();
    bob.talk();
    await Promise.all([alice.hears(1000), bob.hears(440)]);
    expectContinuous(alice);
    expectContinuous(bob);
    expect((await a.stats()).packetsLost + (await b.stats()).packetsLost).toBe(0);
    expect(connected.sort()).toEqual(['a', 'b']);
  });

  it('transcodes PCMU and PCMA by table', async () => {
    const { alice, bob } = await makeCall({ codec: 'PCMU' }, { codec: 'PCMA' });
    const payload = Buffer.from([0, 1, 2, 127, 128, 200, 254, 255]);
    alice.send({ payload });
    await until('the packet', () => bob.received.length > 0);
    expect(bob.received[0]).toMatchObject({ payloadType: 8, marker: true, payload: pcmuToPcma(payload) });
  });

  it('makes one stream of a source that changes its SSRC and restarts its numbers', async () => {
    const { a, alice, bob } = await makeCall();
    for (let i = 0; i < 5; i++) alice.send({ payload: Buffer.alloc(160, 0xd5) });
    await until('five packets', () => bob.received.length === 5);
    const other = await phoneWith({ ssrc: 0x9999 });
    other.aimAt(await a.acceptOffer(other.sdp()));
    for (let i = 0; i < 5; i++) other.send({ payload: Buffer.alloc(160, 0xd5) });
    await until('ten packets', () => bob.received.length === 10);
    expectContinuous(bob);
    expect(bob.received.map((packet) => packet.marker)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => i % 5 === 0));
  });

  it('leaves the old partner when a leg is joined elsewhere', async () => {
    const { a, alice, bob } = await makeCall();
    const carol = await phoneWith();
    const c = await legOf(a.callId, 'c');
    carol.aimAt(await c.acceptOffer(carol.sdp()));
    await engine.bridge(a, c);
    alice.talk();
    await carol.hears(440);
    expect(bob.received).toEqual([]);
    await engine.unbridge(a);
    const heard = carol.received.length;
    await until('alice to go on', async () => (await a.stats()).packetsReceived > heard + 10);
    expect(carol.received.length).toBeLessThan(heard + 5);
    await engine.bridge(a, c);
    await carol.hears(440);
    expectContinuous(carol);
  });

  it('survives packets that are none', async () => {
    const { a, alice, bob } = await makeCall();
    for (const hex of [
      '',
      '80',
      '80c8',
      '80c8ffff00000000',
      '00'.repeat(200),
      'bf'.repeat(13),
      '8065'.padEnd(24, '0'),
    ]) {
      alice.sendRaw(Buffer.from(hex, 'hex'));
      alice.sendRtcp(Buffer.from(hex, 'hex'));
    }
    alice.talk();
    await bob.hears(440);
    expect((await a.stats()).packetsReceived).toBeGreaterThan(0);
  });
});

describe('hold', () => {
  it('sends nothing to who does not listen, and resumes without a gap', async () => {
    const { a, b, alice, bob } = await makeCall();
    alice.talk();
    bob.talk();
    await alice.hears(1000);
    expect(await a.acceptOffer(alice.sdp('sendonly'))).toContain('a=recvonly');
    const held = (await a.stats()).packetsSent;
    const heardOfBob = (await b.stats()).packetsReceived;
    await until('bob to talk on', async () => (await b.stats()).packetsReceived > heardOfBob + 10);
    expect((await a.stats()).packetsSent).toBe(held);
    expect(await a.acceptOffer(alice.sdp('sendrecv'))).toContain('a=sendrecv');
    await alice.hears(1000);
    expectContinuous(alice);
  });

  it('by 0.0.0.0 stops too, and the old address comes back', async () => {
    const { a, alice, bob } = await makeCall();
    alice.talk();
    bob.talk();
    await alice.hears(1000);
    expect(await a.acceptOffer(alice.sdp('sendrecv', '0.0.0.0'))).toContain('a=recvonly');
    const held = await a.stats();
    await until('alice to talk on', async () => (await a.stats()).packetsReceived > held.packetsReceived + 10);
    expect((await a.stats()).packetsSent).toBe(held.packetsSent);
    expect(await a.acceptOffer(alice.sdp())).toContain('a=sendrecv');
    await alice.hears(1000);
    expectContinuous(alice);
  });

  it('of our own asks the far end to be quiet, and what it still sends is not passed on', async () => {
    const { b, alice, bob } = await makeCall();
    bob.talk();
    await alice.hears(1000);
    expect(await b.offer({ direction: 'sendonly' })).toContain('a=sendonly');
    await b.acceptAnswer(bob.sdp('recvonly'));
    const [sent, received] = [alice.received.length, (await b.stats()).packetsReceived];
    await until('bob to talk on', async () => (await b.stats()).packetsReceived > received + 10);
    expect(alice.received.length).toBeLessThan(sent + 5);
    await b.offer();
    await b.acceptAnswer(bob.sdp());
    await alice.hears(1000);
    expectContinuous(alice); // What was not passed on does not look like loss.
  });
});

describe('latching', () => {
  it('takes the address that packets come from when the signalled one is not used', async () => {
    const { alice, bob } = await makeCall({ announcedPort: 9 }); // A NAT has changed the port.
    alice.talk();
    bob.talk();
    await alice.hears(1000);
  });

  it('drops a stranger once the signalled peer has talked', async () => {
    const { a, alice, bob } = await makeCall();
    alice.talk();
    await bob.hears(440);
    const stranger = await phoneWith({ toneHz: 2000, ssrc: 0xbad });
    stranger.aimAt(`m=audio ${alice.target}`);
    const before = await a.stats();
    for (let i = 0; i < 20; i++) stranger.send({ payload: Buffer.alloc(160) });
    await until('alice to talk on', async () => (await a.stats()).packetsReceived > before.packetsReceived + 10);
    expectContinuous(bob);
    expect(stranger.received).toEqual([]);
  });

  it('prefers the signalled peer to a stranger who was first', async () => {
    const { alice, bob } = await makeCall();
    const stranger = await phoneWith({ ssrc: 0xbad });
    stranger.aimAt(`m=audio ${alice.target}`);
    stranger.send({ payload: Buffer.alloc(160) });
    await until('the stranger', () => bob.received.length === 1);
    alice.talk();
    bob.talk();
    await Promise.all([alice.hears(1000), bob.hears(440)]);
    for (let i = 0; i < 20; i++) stranger.send({ payload: Buffer.alloc(3) });
    await bob.hears(440);
    expect(bob.received.filter((packet) => packet.payload.length === 3)).toEqual([]);
  });

  it('drops everything before the far end’s description is there', async () => {
    const bob = await phoneWith();
    const b = await legOf(`call-${callCount++}`, 'b');
    bob.aimAt(await b.offer());
    bob.send({ payload: Buffer.alloc(160) });
    expect((await b.stats()).packetsReceived).toBe(0);
    await b.acceptAnswer(bob.sdp());
    bob.send({ payload: Buffer.alloc(160) });
    await until('the packet', async () => (await b.stats()).packetsReceived === 1);
  });

  it('follows a re-offer to a new address', async () => {
    const { a, alice, bob } = await makeCall();
    alice.talk();
    await bob.hears(440);
    alice.hush();
    const moved = await phoneWith({ toneHz: 700 });
    moved.aimAt(await a.acceptOffer(moved.sdp()));
    moved.talk();
    bob.talk();
    await Promise.all([moved.hears(1000), bob.hears(700)]);
  });
});

describe('digits', () => {
  it('cross the bridge with the payload type of the other leg, and are told once', async () => {
    const { a, alice, bob } = await makeCall();
    const told: { digit: string; durationMs: number }[] = [];
    a.on('dtmf', (d) => told.push(d));
    const sender = new TelephoneEventSender({ digit: '5', durationMs: 100, clockRateHz: 8000 });
    const timestamp = alice.timestamp;
    for (let packet = sender.next(); packet; packet = sender.next()) {
      alice.send({ ...packet, payloadType: 101, timestamp });
    }
    await until('the digit', () => told.length > 0);
    expect(told).toEqual([{ digit: '5', durationMs: 100 }]);
    await until('its packets', () => bob.received.length === 7);
    expect(new Set(bob.received.map((packet) => packet.timestamp)).size).toBe(1);
    expect(bob.received.map((packet) => parseTelephoneEvent(packet.payload).isEnd).filter(Boolean)).toHaveLength(3);
  });

  it('are told when all their end packets are lost', async () => {
    const { a, alice } = await makeCall();
    const told: string[] = [];
    a.on('dtmf', ({ digit }) => told.push(digit));
    const sender = new TelephoneEventSender({ digit: '8', durationMs: 200, clockRateHz: 8000 });
    const timestamp = alice.timestamp;
    for (let i = 0; i < 4; i++) alice.send({ ...sender.next()!, payloadType: 101, timestamp });
    await until('the digit', () => told.length > 0);
    expect(told).toEqual(['8']);
  });

  it('are sent into the stream while audio stands back, 20 ms apart, and audio goes on', async () => {
    const { b, alice, bob } = await makeCall();
    alice.talk();
    await bob.hears(440);
    await b.sendDtmf('1#', { durationMs: 100 });
    await bob.hears(440);
    expectContinuous(bob);
    const events = bob.received.filter((packet) => packet.payloadType === 101);
    const digits = [...new Set(events.map((packet) => packet.timestamp))].map((timestamp) =>
      events.filter((packet) => packet.timestamp === timestamp),
    );
    expect(digits.map((packets) => parseTelephoneEvent(packets[0]!.payload).digit)).toEqual(['1', '#']);
    for (const packets of digits) {
      expect(packets.map((packet) => parseTelephoneEvent(packet.payload).durationTicks)).toEqual([
        160, 320, 480, 640, 800, 800, 800,
      ]);
      expect(packets.map((packet) => packet.marker)).toEqual([true, false, false, false, false, false, false]);
      const first = bob.received.indexOf(packets[0]!);
      expect(bob.received.slice(first, first + 7)).toEqual(packets); // Nothing in between.
    }
  });

  it('are refused when they are none, or when the far end takes none', async () => {
    const { b } = await makeCall();
    await expect(b.sendDtmf('12x')).rejects.toMatchObject({ code: 'ERR_MEDIA', problem: 'bad-argument' });
    await expect(b.sendDtmf('')).rejects.toMatchObject({ problem: 'bad-argument' });
    const carol = await phoneWith();
    const c = await legOf(`call-${callCount++}`, 'c');
    await c.acceptOffer(carol.sdp().replace(/ 101\r\n/, '\r\n'));
    await expect(c.sendDtmf('1')).rejects.toMatchObject({ problem: 'no-telephone-event' });
  });

  it('that are still to be sent end with the leg', async () => {
    const { b } = await makeCall();
    const sending = b.sendDtmf('1,,,,2');
    b.close();
    await expect(sending).rejects.toMatchObject({ code: 'ERR_MEDIA', problem: 'leg-closed' });
  });
});

describe('tones', () => {
  it('play instead of the bridge, paced, until stopped', async () => {
    const { a, alice, bob } = await makeCall();
    bob.talk();
    await alice.hears(1000);
    await a.play({ frequenciesHz: [400] });
    await alice.hears(400);
    await a.stop();
    await alice.hears(1000);
    expectContinuous(alice);
  });

  it('keep their cadence', async () => {
    const { a, alice } = await makeCall();
    await a.play({ frequenciesHz: [400], onMs: 100, offMs: 100 });
    await until('a second of it', () => alice.received.length >= 50);
    const loud = alice.received.slice(0, 50).map((packet) => packet.payload.some((octet) => octet !== 0xff));
    expect(loud.slice(0, 20)).toEqual([0, 1, 2, 3].flatMap((i) => Array(5).fill(i % 2 === 0)));
  });

  it('are refused when they make no sense', async () => {
    const { a } = await makeCall();
    await expect(a.play({ frequenciesHz: [] })).rejects.toMatchObject({ problem: 'bad-argument' });
    await expect(a.play({ frequenciesHz: [9000] })).rejects.toMatchObject({ problem: 'bad-argument' });
    for (const cadenceMs of [[400], [400, 0], Array<number>(10).fill(100)])
      await expect(a.play({ frequenciesHz: [400], cadenceMs })).rejects.toMatchObject({ problem: 'bad-argument' });
  });
});

describe('quality', () => {
  it('counts loss, and sends RTCP with the far end’s report read back', async () => {
    const { a, alice } = await makeCall();
    alice.talk();
    await until('an RTCP report', () =>
      alice.reports.some((report) => report.type === 'rr' && report.blocks.length > 0),
    );
    expect(alice.reports.some((report) => report.type === 'sdes')).toBe(true);
    await a.play({ frequenciesHz: [400] });
    await until('a packet', () => alice.received.length > 0);
    const ssrc = alice.received[0]!.ssrc;
    const block = {
      ssrc,
      fractionLost: 1,
      packetsLost: 7,
      highestSequence: 9,
      jitterTicks: 80,
      lastSenderReport: 0,
      delaySinceLastSenderReport: 0,
    };
    alice.sendRtcp(writeRtcp({ type: 'rr', ssrc: 0x1234, blocks: [block] }));
    await until('the report', async () => (await a.stats()).remotePacketsLost === 7);
    expect(await a.stats()).toMatchObject({ remoteJitterMs: 10, codec: 'PCMU' });
  });

  it('tells silence once, and again after packets have come', async () => {
    const { a, alice } = await makeCall();
    const told: number[] = [];
    a.on('silence', (silentMs) => told.push(silentMs));
    alice.send({ payload: Buffer.alloc(160) });
    await until('silence', () => told.length === 1);
    alice.send({ payload: Buffer.alloc(160) });
    await until('silence again', () => told.length === 2);
    expect(Math.min(...told)).toBeGreaterThanOrEqual(400);
  });

  it('does not take a hold for silence', async () => {
    const { a, b, alice } = await makeCall();
    let told = 0;
    a.on('silence', () => told++);
    const other: number[] = [];
    b.on('silence', (silentMs) => other.push(silentMs));
    await a.acceptOffer(alice.sdp('inactive'));
    await until('the other leg to be silent', () => other.length > 0);
    expect(told).toBe(0);
  });
});

describe('legs', () => {
  it('are made once for a (callId, legId)', async () => {
    const callId = `call-${callCount++}`;
    const [one, two] = await Promise.all([legOf(callId, 'a'), legOf(callId, 'a')]);
    expect(two).toBe(one);
    await expect(engine.createLeg({ kind: 'webrtc', callId, legId: 'a' })).rejects.toMatchObject({
      problem: 'wrong-state',
    });
  });

  it('refuse everything after their end, and may be closed twice', async () => {
    const { a, b } = await makeCall();
    const reasons: string[] = [];
    a.on('closed', (reason) => reasons.push(reason));
    a.close();
    a.close();
    expect(reasons).toEqual(['closed']);
    await expect(a.offer()).rejects.toMatchObject({ problem: 'leg-closed' });
    await expect(engine.bridge(a, b)).rejects.toMatchObject({ problem: 'leg-closed' });
  });

  it('of two calls cannot be bridged', async () => {
    const [one, two] = [await makeCall(), await makeCall()];
    await expect(engine.bridge(one.a, two.a)).rejects.toMatchObject({ problem: 'bad-argument' });
  });

  it('reject a broken description and go on', async () => {
    const { a, alice, bob } = await makeCall();
    await expect(a.acceptOffer('v=0\r\ngarbage')).rejects.toMatchObject({ code: 'ERR_SDP', problem: 'malformed' });
    alice.talk();
    await bob.hears(440);
  });

  it('have even ports of the range, which rest after use', async () => {
    const small = createEmbeddedEngine(options(100, { rtpPortMin: ports.port(105), rtpPortMax: ports.port(109) }));
    await small.start();
    const portOf = async (legId: string) =>
      Number(/m=audio (\d+)/.exec(await (await small.createLeg({ kind: 'rtp', callId: 'c', legId })).offer())?.[1]);
    expect([await portOf('1'), await portOf('2')]).toEqual([ports.port(106), ports.port(108)]);
    await expect(small.createLeg({ kind: 'rtp', callId: 'c', legId: '3' })).rejects.toMatchObject({
      code: 'ERR_MEDIA',
      problem: 'ports-exhausted',
    });
    (await small.createLeg({ kind: 'rtp', callId: 'c', legId: '1' })).close();
    await expect(small.createLeg({ kind: 'rtp', callId: 'c', legId: '4' })).rejects.toMatchObject({
      problem: 'ports-exhausted',
    });
    await small.stop();
  });
});

describe('processes', () => {
  it('that die lose their calls and no others, and are replaced', async () => {
    const two = createEmbeddedEngine(options(110, { processes: 2 }));
    await two.start();
    expect(two.counts).toEqual({ processes: 2, legs: 0 });
    const lost: { pid: number; callIds: string[] }[] = [];
    two.on('processLost', (event) => lost.push(event));
    const [first, second] = [await makeCall({}, {}, two), await makeCall({}, {}, two)];
    const closed: string[] = [];
    for (const leg of [first.a, first.b]) leg.on('closed', (reason) => closed.push(reason));
    process.kill(pidOf(first.a), 'SIGKILL');
    await until('the loss', () => lost.length > 0);
    expect(lost[0]?.callIds).toEqual([first.a.callId]);
    expect(closed).toEqual(['engine-lost', 'engine-lost']);
    expect(second.a.closed).toBe(false);
    second.alice.talk();
    await second.bob.hears(440);
    await until('a new process', () => two.counts.processes === 2);
    const next = await makeCall({}, {}, two);
    next.alice.talk();
    await next.bob.hears(440);
    await two.stop();
  });

  it('[P9] end within two seconds of stop, whatever their exit code', async () => {
    const other = createEmbeddedEngine(options(150));
    await other.start();
    const webrtc = await other.createLeg({ kind: 'webrtc', callId: 'c', legId: 'a' });
    const pid = pidOf(webrtc);
    const startedAt = Date.now();
    await other.stop();
    expect(Date.now() - startedAt).toBeLessThan(2000);
    expect(isAlive(pid)).toBe(false);
    expect([webrtc.closed, other.ready]).toEqual([true, false]);
    await expect(other.createLeg({ kind: 'rtp', callId: 'c', legId: 'b' })).rejects.toMatchObject({
      problem: 'not-started',
    });
  });

  it('end when the server is killed', async () => {
    const script = `
      import { createEmbeddedEngine } from '@intermix/media/embedded';
      import { silentLogger } from '@intermix/kernel';
      const engine = createEmbeddedEngine({ ...${JSON.stringify(options(150))}, logger: silentLogger });
      await engine.start();
      const leg = await engine.createLeg({ kind: 'webrtc', callId: 'c', legId: 'a' });
      console.log(leg.process.pid);
      setInterval(() => {}, 1000);`;
    const server = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname });
    let printed = '';
    server.stdout.on('data', (data: Buffer) => {
      printed += data.toString();
    });
    await until('the media process', () => printed.includes('\n'), 10_000);
    const pid = Number(printed);
    expect(isAlive(pid)).toBe(true);
    server.kill('SIGKILL');
    await until('the media process to end', () => !isAlive(pid));
  });

  it('name the WebRTC port when it is taken', async () => {
    const taken = createSocket('udp4');
    await new Promise<void>((done) => taken.bind(ports.port(190), '127.0.0.1', done));
    const other = createEmbeddedEngine(options(190, { rtpPortMin: ports.port(191), rtpPortMax: ports.port(195) }));
    await expect(other.start()).rejects.toMatchObject({
      code: 'ERR_MEDIA',
      problem: 'port-in-use',
      message: expect.stringContaining(`127.0.0.1:${ports.port(190)}`),
    });
    taken.close();
  });

  it('refuse options that make no sense', () => {
    expect(() => createEmbeddedEngine(options(0, { announcedAddress: 'here' }))).toThrow('not an IP address');
    expect(() => createEmbeddedEngine(options(0, { rtpPortMin: 5, rtpPortMax: 5 }))).toThrow('no port pair');
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function pidOf(leg: MediaLeg): number {
  return (leg as unknown as { process: { pid: number } }).process.pid;
}
