// Pairs of telephones, in a process of their own: each sends the other 50 packets of G.711 a second through the engine under
// test. A packet carries the time when it was sent, and else noise: what costs an encoder most. Its IPC speaks `add`,
// `target`, `go`, `measure`, `take`.
import { createSocket } from 'node:dgram';
import { beat } from './beats.mjs';
import { Delays } from './delays.mjs';

const packetMs = 20;
const headerLength = 12;
const packetLength = headerLength + 160;
const noise = Buffer.from(Array.from({ length: 8_000 }, () => 0x80 + Math.floor(Math.random() * 0x80)));
const pairs = new Map();
const delays = new Delays();
let sent = 0;
let received = 0;
let isMeasuring = false;

const nowUs = () => process.hrtime.bigint() / 1_000n;

function packet(telephone) {
  const bytes = Buffer.alloc(packetLength);
  bytes[0] = 0x80;
  telephone.sequence = (telephone.sequence + 1) & 0xffff;
  telephone.timestamp = (telephone.timestamp + 160) >>> 0;
  bytes.writeUInt16BE(telephone.sequence, 2);
  bytes.writeUInt32BE(telephone.timestamp, 4);
  bytes.writeUInt32BE(telephone.ssrc, 8);
  noise.copy(bytes, headerLength, (telephone.sequence % 40) * 160);
  bytes.writeBigInt64BE(nowUs(), headerLength);
  bytes.writeUInt8(isMeasuring ? 1 : 0, headerLength + 8);
  if (isMeasuring) sent++;
  return bytes;
}

function take(bytes) {
  if (bytes.length !== packetLength || (bytes[1] & 0x7f) !== 0 || bytes[headerLength + 8] !== 1) return;
  received++;
  delays.add(Number(nowUs() - bytes.readBigInt64BE(headerLength)) / 1_000);
}

async function telephone(ssrc) {
  const socket = createSocket({ type: 'udp4', lookup: (name, _options, callback) => callback(null, name, 4) });
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
  socket.on('message', take);
  return { socket, ssrc, sequence: ssrc % 40, timestamp: 0, target: 0 };
}

/** Both telephones of a pair send at the same moment. */
function talk(pair) {
  for (const one of pair) one.socket.send(packet(one), one.target, '127.0.0.1');
}

const handlers = {
  async add({ index }) {
    const pair = [await telephone(index + 1), await telephone(index + 1_001)];
    pairs.set(index, pair);
    process.send({ type: 'ports', ports: pair.map(({ socket }) => socket.address().port) });
  },
  target({ index, ports }) {
    for (const [at, one] of pairs.get(index).entries()) one.target = ports[at];
  },
  go() {
    beat([...pairs.values()], packetMs, talk, () => false);
  },
  measure({ on }) {
    isMeasuring = on;
  },
  /** What was measured since the last time, with what is still under way. */
  take() {
    setTimeout(() => {
      process.send({ type: 'taken', sent, received, ...delays.take() });
      [sent, received] = [0, 0];
    }, 300);
  },
};
process.on('message', (message) => void handlers[message.type](message));
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
process.send({ type: 'ready' });
