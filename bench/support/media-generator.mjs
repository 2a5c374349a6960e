// The far ends of bridged calls, in a process of their own: for each call a WebRTC peer (libdatachannel) and a telephone's UDP
// socket, which send each other 50 packets of G.711 a second through the engine under test. A packet carries the time when
// it was sent. Its IPC speaks `add`, `target`, `go`, `measure`, `stop`.
import { createSocket } from 'node:dgram';
import ndc from 'node-datachannel';
import { beat } from './beats.mjs';
import { Delays } from './delays.mjs';

const packetMs = 20;
const packetLength = 172;
const calls = new Map();
const delays = new Delays();
let isOver = false;
let sent = 0;
let received = 0;
let isMeasuring = false;

const nowUs = () => process.hrtime.bigint() / 1_000n;

function packet(stream) {
  const bytes = Buffer.alloc(packetLength);
  bytes[0] = 0x80;
  stream.sequence = (stream.sequence + 1) & 0xffff;
  stream.timestamp = (stream.timestamp + 160) >>> 0;
  bytes.writeUInt16BE(stream.sequence, 2);
  bytes.writeUInt32BE(stream.timestamp, 4);
  bytes.writeUInt32BE(stream.ssrc, 8);
  bytes.writeBigInt64BE(nowUs(), 12);
  bytes.writeUInt8(isMeasuring ? 1 : 0, 20);
  if (isMeasuring) sent++;
  return bytes;
}

function take(bytes) {
  if (bytes.length !== packetLength || (bytes[1] & 0x7f) !== 0 || bytes[20] !== 1) return;
  received++;
  delays.add(Number(nowUs() - bytes.readBigInt64BE(12)) / 1_000);
}

async function add({ index, sdp }) {
  const socket = createSocket({ type: 'udp4', lookup: (name, _options, callback) => callback(null, name, 4) });
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
  socket.on('message', take);
  const options = { iceServers: [], disableAutoNegotiation: true, bindAddress: '127.0.0.1' };
  const peer = new ndc.PeerConnection(`call ${index}`, options);
  const audio = new ndc.Audio('0', 'SendRecv');
  audio.addAudioCodec(0, 'PCMU');
  const track = peer.addTrack(audio);
  track.onMessage(take);
  track.onOpen(() => process.send({ type: 'open' }));
  peer.setRemoteDescription(sdp, 'offer');
  peer.setLocalDescription('answer');
  while (peer.gatheringState() !== 'complete') await new Promise((resolve) => setTimeout(resolve, 2));
  const stream = (ssrc) => ({ sequence: 0, timestamp: 0, ssrc });
  calls.set(index, { socket, peer, track, browser: stream(index + 1), telephone: stream(index + 1_000) });
  process.send({ type: 'answer', sdp: peer.localDescription().sdp, port: socket.address().port });
}

/** Both ends of a call send at the same moment. */
function talk(call) {
  call.socket.send(packet(call.telephone), call.targetPort, '127.0.0.1');
  call.track.sendMessageBinary(packet(call.browser));
}

function stop() {
  isOver = true;
  setTimeout(() => process.send({ type: 'result', sent, received, ...delays.take() }), 300);
}

const handlers = {
  add,
  target({ index, port }) {
    calls.get(index).targetPort = port;
  },
  go() {
    beat([...calls.values()], packetMs, talk, () => isOver);
  },
  measure({ on }) {
    isMeasuring = on;
  },
  stop,
};
process.on('message', (message) => void handlers[message.type](message));
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
process.send({ type: 'ready' });
