// The far ends of streams, in a process of their own: a telephone's UDP socket and a bot's WebSocket for each. The telephone
// sends 50 packets of PCMU a second, each filled with one value that names it; the bot finds these values in the frames that it
// gets, and talks all the time itself. Its IPC speaks `add`, `target`, `go`, `measure`, `stop`.
import { createSocket } from 'node:dgram';
import { decodePcmu } from '@intermix/media';
import { WebSocketServer } from 'ws';
import { beat } from './beats.mjs';
import { Delays } from './delays.mjs';

const packetMs = 20;
const frameMs = 100;
const names = 120; // More than two seconds: no packet is under way for so long.
const phones = new Map();
let isMeasuring = false;
const late = new Delays();
const delays = new Delays();
const sendLate = new Delays();
let isOver = false;
let heard = 0;

/** One code of PCMU each: a packet's name in the audio. */
const payloads = Array.from({ length: names }, (_, name) => Buffer.alloc(160, 0x81 + name));
const nameOf = new Map(payloads.map((payload, name) => [decodePcmu(payload)[0], name]));
const speech = Buffer.from(Int16Array.from({ length: 800 }, (_, i) => 8_000 * Math.sin(i / 3)).buffer).toString(
  'base64',
);
const said = JSON.stringify({ event: 'media', media: { payload: speech } });

async function add({ index }) {
  const socket = createSocket({ type: 'udp4', lookup: (name, _options, callback) => callback(null, name, 4) });
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const phone = { socket, sentAt: new Array(names).fill(0), sequence: 0, ssrc: index + 1, targetPort: 0 };
  phones.set(index, phone);
  socket.on('message', () => {
    if (isMeasuring) heard++;
  });
  process.send({ type: 'port', index, port: socket.address().port });
}

function sendPacket(phone) {
  const packet = Buffer.alloc(172);
  phone.sequence = (phone.sequence + 1) & 0xffff;
  packet[0] = 0x80;
  packet.writeUInt16BE(phone.sequence, 2);
  packet.writeUInt32BE((phone.sequence * 160) >>> 0, 4);
  packet.writeUInt32BE(phone.ssrc, 8);
  const name = phone.sequence % names;
  payloads[name].copy(packet, 12);
  const now = performance.now();
  // Twenty milliseconds after the one before is when this packet was due.
  const previous = phone.sentAt[(name + names - 1) % names];
  if (isMeasuring && previous > 0) sendLate.add(Math.max(0, now - previous - packetMs), now);
  phone.sentAt[name] = now;
  phone.socket.send(packet, phone.targetPort, '127.0.0.1');
}

function everyMs(periodMs, isOver, action) {
  let dueAt = performance.now();
  const step = () => {
    if (isOver()) return;
    action();
    dueAt += periodMs;
    setTimeout(step, Math.max(0, dueAt - performance.now()));
  };
  step();
}

/** A stream at the bot: when frames come, against when they should. */
function takeStream(socket) {
  let phone;
  let earliest = Number.POSITIVE_INFINITY;
  let isExact = false; // Resampled audio has no names.
  socket.on('error', () => {});
  socket.on('message', (data) => {
    const now = performance.now();
    const message = JSON.parse(data);
    if (message.event === 'start') {
      isExact = message.start.media_format.sample_rate === '8000';
      phone = phones.get(Number(message.start.custom_parameters.index));
      setTimeout(
        () =>
          everyMs(
            frameMs,
            () => socket.readyState > 1,
            () => socket.send(said),
          ),
        Math.random() * frameMs,
      );
    }
    if (message.event !== 'media') return;
    const sinceDue = now - Number(message.media.timestamp);
    earliest = Math.min(earliest, sinceDue);
    if (!isMeasuring) return;
    late.add(sinceDue - earliest, now);
    if (!isExact) return;
    const audio = Buffer.from(message.media.payload, 'base64');
    const name = nameOf.get(audio.readInt16LE(audio.length - 2));
    if (name !== undefined) delays.add(now - phone.sentAt[name], now);
  });
}

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
server.on('connection', takeStream);

const handlers = {
  add,
  target({ index, port }) {
    phones.get(index).targetPort = port;
  },
  go() {
    beat([...phones.values()], packetMs, sendPacket, () => isOver);
  },
  measure({ on }) {
    isMeasuring = on;
  },
  stop() {
    isOver = true;
    process.send({ type: 'result', heard, late: late.take(), delay: delays.take(), sendLate: sendLate.take() });
  },
};
process.on('message', (message) => void handlers[message.type](message));
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
server.on('listening', () => process.send({ type: 'ready', port: server.address().port }));
