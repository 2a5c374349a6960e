// The far ends of an agent's calls, in a process of their own: a caller's WebSocket and its provider's for each. Callers send a
// frame of 100 ms ten times a second; what comes of it at the provider is known by its number, as each frame makes one message.
// The provider says two seconds of speech and, while they are heard, that the caller speaks. Its IPC speaks `dial`, `measure`,
// `stop`.
import { WebSocket, WebSocketServer } from 'ws';
import { beat } from './beats.mjs';
import { Delays } from './delays.mjs';

const frameMs = 100;
const speechMs = 2_000;
const bargeInEveryMs = 1_500;
const names = 64; // Six seconds: no frame is under way for so long.
const calls = [];
const delays = new Delays();
const clears = new Delays();
const sendLate = new Delays();
let isMeasuring = false;
let isOver = false;
let [sent, arrived, bargeIns] = [0, 0, 0];

const frame = Buffer.from(Int16Array.from({ length: 800 }, (_, i) => 6_000 * Math.sin(i / 3)).buffer).toString(
  'base64',
);
/** 24 kHz, a tenth of a second each, as providers cut it. */
const delta = Buffer.from(Int16Array.from({ length: 2_400 }, (_, i) => 6_000 * Math.sin(i / 9)).buffer).toString(
  'base64',
);

function sendFrame(call) {
  if (call.socket.readyState !== WebSocket.OPEN) return;
  const now = performance.now();
  const name = call.frames++ % names;
  const previous = call.sentAt[(name + names - 1) % names];
  if (isMeasuring && previous > 0) sendLate.add(Math.max(0, now - previous - frameMs), now);
  call.sentAt[name] = now;
  if (isMeasuring) sent++;
  const media = { chunk: String(call.frames), timestamp: String(call.frames * frameMs), payload: frame };
  call.socket.send(JSON.stringify({ event: 'media', stream_sid: call.sid, media }));
}

function dial({ index, url, headers }) {
  const call = { index, sid: `bench-${index}`, frames: 0, sentAt: new Array(names).fill(0), toldAt: 0 };
  calls[index] = call;
  call.socket = new WebSocket(url, { headers });
  call.socket.on('error', () => {});
  call.socket.on('open', () => {
    const start = {
      ...{ stream_sid: call.sid, call_sid: call.sid, account_sid: 'bench', from: '+911', to: '+912' },
      ...{ custom_parameters: { index: String(index) }, media_format: { sample_rate: '8000' } },
    };
    call.socket.send(JSON.stringify({ event: 'connected' }));
    call.socket.send(JSON.stringify({ event: 'start', sequence_number: '1', stream_sid: call.sid, start }));
  });
  call.socket.on('message', (data) => {
    const now = performance.now();
    const message = JSON.parse(data);
    if (message.event !== 'clear' || call.toldAt === 0) return;
    if (isMeasuring) clears.add(now - call.toldAt, now);
    call.toldAt = 0;
  });
}

function converse(socket) {
  let call;
  let responses = 0;
  let heard = 0;
  const tell = (event) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(event));
  const speak = () => {
    const place = { response_id: `r${++responses}`, item_id: `i${responses}`, output_index: 0, content_index: 0 };
    tell({ type: 'response.created', response: { id: place.response_id } });
    for (let ms = 0; ms < speechMs; ms += frameMs) tell({ type: 'response.output_audio.delta', ...place, delta });
    setTimeout(() => bargeIn(place), bargeInEveryMs * (0.8 + 0.4 * Math.random()));
  };
  const bargeIn = (place) => {
    if (isOver || socket.readyState !== WebSocket.OPEN) return;
    if (isMeasuring) bargeIns++;
    call.toldAt = performance.now();
    tell({ type: 'input_audio_buffer.speech_started', item_id: `c${responses}`, audio_start_ms: 0 });
    setTimeout(() => {
      tell({ type: 'response.done', response: { id: place.response_id, status: 'cancelled' } });
      tell({ type: 'input_audio_buffer.speech_stopped', item_id: `c${responses}`, audio_end_ms: 0 });
      speak();
    }, 100);
  };
  socket.on('error', () => {});
  socket.on('message', (data) => {
    const now = performance.now();
    const event = JSON.parse(data);
    if (event.type === 'session.update') {
      // The index is in the instructions: it is the only thing of the call that the provider is told.
      call = calls[Number(event.session.instructions)];
      setTimeout(speak, 1_000 + Math.random() * 1_000);
    }
    if (event.type !== 'input_audio_buffer.append' || call === undefined) return;
    const sentAt = call.sentAt[heard++ % names];
    if (!isMeasuring) return;
    arrived++;
    delays.add(now - sentAt, now);
  });
}

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
server.on('connection', converse);

const handlers = {
  dial,
  go() {
    beat(calls, frameMs, sendFrame, () => isOver);
  },
  measure({ on }) {
    isMeasuring = on;
  },
  stop() {
    isOver = true;
    const figures = { delays: delays.take(), clears: clears.take(), sendLate: sendLate.take() };
    process.send({ type: 'result', ...figures, sent, arrived, bargeIns });
    for (const { socket } of calls) socket.close(1000);
  },
};
process.on('message', (message) => void handlers[message.type](message));
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
server.on('listening', () => process.send({ type: 'ready', port: server.address().port }));
