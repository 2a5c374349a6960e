// The platform's end of many streams to a bot that says everything back, in a process of its own: a frame of 100 ms each, ten
// times a second. A frame is filled with one value that names it, by which it is known when it is back. Its IPC speaks
// `connect`, `measure`, `stop`.
import { once } from 'node:events';
import { PlatformMessageWriter } from '@intermix/streaming';
import WebSocket from 'ws';
import { beat } from './beats.mjs';
import { Delays } from './delays.mjs';

const frameMs = 100;
const names = 50; // Five seconds: no frame is under way for so long.
const delays = new Delays();
const sendLate = new Delays();
let isMeasuring = false;
let isOver = false;
let sent = 0;
let back = 0;
let callers = [];

async function connect({ url, count, rate }) {
  const samples = (rate * frameMs) / 1_000;
  const frames = Array.from({ length: names }, (_, name) =>
    Buffer.from(new Int16Array(samples).fill((name + 1) * 100).buffer),
  );
  callers = [];
  for (let index = 0; index < count; index++) callers.push(await call({ url, index, rate, frames }));
  process.send({ type: 'connected' });
  beat(callers, frameMs, speak, () => isOver);
}

async function call({ url, index, rate, frames }) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const streamSid = `bench-${index}`;
  const writer = new PlatformMessageWriter(streamSid);
  const caller = { socket, writer, frames, sentAt: new Array(names).fill(undefined), chunk: 0, lastAt: 0 };
  socket.on('message', (data) => heard(caller, data));
  await once(socket, 'open');
  socket.send(writer.connected());
  const parties = { callSid: streamSid, accountSid: 'bench', from: '+911', to: '+912' };
  socket.send(writer.start({ streamSid, ...parties, customParameters: {}, sampleRate: rate }));
  return caller;
}

function speak(caller) {
  if (caller.socket.readyState !== WebSocket.OPEN) return;
  const now = performance.now();
  const name = ++caller.chunk % names;
  if (isMeasuring && caller.lastAt > 0) sendLate.add(Math.max(0, now - caller.lastAt - frameMs), now);
  caller.lastAt = now;
  caller.sentAt[name] = isMeasuring ? now : undefined;
  if (isMeasuring) sent++;
  const { chunk } = caller;
  caller.socket.send(caller.writer.media({ chunk, timestampMs: chunk * frameMs, audio: caller.frames[name] }));
}

function heard(caller, data) {
  const now = performance.now();
  const message = JSON.parse(data);
  if (message.event !== 'media') return;
  const audio = Buffer.from(message.media.payload, 'base64');
  const length = caller.frames[0].length;
  for (let end = length; end <= audio.length; end += length) {
    const name = audio.readInt16LE(end - 2) / 100 - 1;
    const sentAt = caller.sentAt[name];
    if (sentAt === undefined) continue;
    caller.sentAt[name] = undefined;
    back++;
    delays.add(now - sentAt, now);
  }
}

const handlers = {
  connect: (message) => void connect(message),
  measure({ on }) {
    isMeasuring = on;
  },
  stop() {
    isOver = true;
    for (const { socket } of callers) socket.close(1000);
    process.send({ type: 'result', sent, back, delay: delays.take(), sendLate: sendLate.take() });
  },
};
process.on('message', (message) => handlers[message.type](message));
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
process.send({ type: 'ready' });
