// A provider of speech to speech, as OpenAI's Realtime API describes itself to its clients: a WebSocket library and JSON, and
// nothing of ours. It hears by the loudness of what it is sent (server VAD), answers as it was told to over IPC, and refuses
// what the API refuses. One process plays for many: each `?model=…` is a stage of its own.
import { WebSocketServer } from 'ws';

const rateHz = 24_000;
const deltaMs = 100;
const loudAbove = 800;
/** Of one flood: more waits here than any system's buffers take. */
const floodBuffer = 4_000_000;

const stages = new Map();
let lastId = 0;
const id = (prefix) => `${prefix}_${++lastId}`;

function stageOf(name) {
  if (!stages.has(name))
    stages.set(name, { replies: [], hears: [], log: [], sockets: new Set(), heardMs: 0, hz: 0, sentMs: 0 });
  return stages.get(name);
}

class Conversation {
  constructor(socket, stage) {
    this.socket = socket;
    this.stage = stage;
    this.items = new Map();
    this.calls = new Set();
    this.active = undefined;
    this.speech = undefined;
    this.heardMs = 0;
    this.detection = { type: 'server_vad', silence_duration_ms: 500, create_response: true, interrupt_response: true };
    this.tell({ type: 'session.created', session: { type: 'realtime', id: id('sess') } });
  }

  tell(event) {
    if (this.socket.readyState === 1) this.socket.send(JSON.stringify({ event_id: id('event'), ...event }));
  }

  refuse(code, message, event) {
    this.stage.log.push({ type: 'refused', code, of: event.type, at: Date.now() });
    const error = { type: 'invalid_request_error', code, message, param: null, event_id: event.event_id ?? null };
    this.tell({ type: 'error', error });
  }

  take(event) {
    if (event.type === 'input_audio_buffer.append') return this.hear(Buffer.from(event.audio, 'base64'));
    this.stage.log.push({ ...event, at: Date.now() });
    const handler = handlers[event.type];
    if (handler) handler(this, event);
    else this.refuse('invalid_value', `Invalid value: '${event.type}'.`, event);
  }

  hear(octets) {
    const samples = Array.from({ length: octets.length / 2 }, (_, index) => octets.readInt16LE(index * 2));
    const ms = samples.length / (rateHz / 1_000);
    this.heardMs += ms;
    this.stage.heardMs += ms;
    const loudness = samples.reduce((sum, sample) => sum + Math.abs(sample), 0) / Math.max(1, samples.length);
    if (loudness > loudAbove) {
      const crossings = samples.filter((sample, index) => index > 0 && samples[index - 1] < 0 && sample >= 0).length;
      this.stage.hz = (crossings * 1_000) / ms;
      if (this.speech === undefined) this.speechStarted();
      this.speech.quietMs = 0;
    } else if (this.speech !== undefined) {
      this.speech.quietMs += ms;
      if (this.speech.quietMs >= this.detection.silence_duration_ms) this.speechStopped();
    }
  }

  speechStarted() {
    this.speech = { itemId: id('item'), quietMs: 0 };
    this.stage.log.push({ type: 'speech', at: Date.now() });
    const place = { item_id: this.speech.itemId, audio_start_ms: Math.round(this.heardMs) };
    this.tell({ type: 'input_audio_buffer.speech_started', ...place });
    if (this.detection.interrupt_response && this.active) this.stop('cancelled');
  }

  speechStopped() {
    const { itemId } = this.speech;
    this.speech = undefined;
    this.tell({
      ...{ type: 'input_audio_buffer.speech_stopped', item_id: itemId, audio_end_ms: Math.round(this.heardMs) },
    });
    this.tell({ type: 'input_audio_buffer.committed', item_id: itemId, previous_item_id: null });
    const item = { id: itemId, type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_audio' }] };
    this.tell({ type: 'conversation.item.added', item, previous_item_id: null });
    this.tell({
      ...{ type: 'conversation.item.input_audio_transcription.completed', item_id: itemId, content_index: 0 },
      ...{ transcript: this.stage.hears.shift() ?? 'Mm.', usage: { type: 'duration', seconds: 1 } },
    });
    if (this.detection.create_response && !this.active) this.respond();
  }

  respond() {
    const reply = this.stage.replies.shift() ?? { hz: 440, ms: 100, words: 'Mm.' };
    const response = { id: id('resp'), object: 'realtime.response', output: [], usage: null };
    this.active = { response, reply, sentMs: 0 };
    this.tell({ type: 'response.created', response: { ...response, status: 'in_progress' } });
    if (reply.ms) this.speak();
    else if (reply.tool) this.callTool();
  }

  speak() {
    const { response, reply } = this.active;
    const itemId = id('item');
    this.active.itemId = itemId;
    this.items.set(itemId, { sentMs: 0 });
    const place = { response_id: response.id, item_id: itemId, output_index: 0, content_index: 0 };
    const item = { id: itemId, type: 'message', role: 'assistant', status: 'in_progress', content: [] };
    this.tell({ type: 'response.output_item.added', response_id: response.id, output_index: 0, item });
    this.tell({ type: 'conversation.item.added', item, previous_item_id: null });
    this.tell({ type: 'response.content_part.added', ...place, part: { type: 'audio', transcript: '' } });
    this.tell({ type: 'response.output_audio_transcript.delta', ...place, delta: reply.words });
    this.step(place);
  }

  /** As fast as told: `speed` times as fast as it is heard, and all at once without one. */
  step(place) {
    const active = this.active;
    if (active?.itemId !== place.item_id || this.socket.readyState !== 1) return;
    const { reply } = active;
    active.startedAt ??= performance.now();
    const dueMs = () => (reply.speed ? (performance.now() - active.startedAt) * reply.speed : Infinity);
    const total = reply.endless ? Infinity : reply.ms;
    let inARow = 0;
    while (active.sentMs < Math.min(total, dueMs() + deltaMs) && this.socket.bufferedAmount < floodBuffer) {
      const ms = Math.min(deltaMs, total - active.sentMs);
      this.tell({ type: 'response.output_audio.delta', ...place, delta: tone(reply.hz, ms) });
      active.sentMs += ms;
      this.items.get(place.item_id).sentMs = active.sentMs;
      this.stage.sentMs += ms;
      if (++inARow >= 50) break;
    }
    if (active.sentMs < total) setTimeout(() => this.step(place), reply.speed ? 20 : 1);
    else this.spoken(place);
  }

  spoken(place) {
    const { reply } = this.active;
    this.tell({ type: 'response.output_audio.done', ...place });
    this.tell({ type: 'response.output_audio_transcript.done', ...place, transcript: reply.words });
    this.tell({ type: 'response.content_part.done', ...place, part: { type: 'audio', transcript: reply.words } });
    const item = { id: place.item_id, type: 'message', role: 'assistant', status: 'completed' };
    this.tell({ type: 'response.output_item.done', response_id: place.response_id, output_index: 0, item });
    if (reply.tool) this.callTool();
    else this.stop('completed');
  }

  callTool() {
    const { response, reply } = this.active;
    const [itemId, callId] = [id('item'), id('call')];
    this.calls.add(callId);
    const call = { call_id: callId, name: reply.tool.name, arguments: JSON.stringify(reply.tool.arguments) };
    const place = { response_id: response.id, item_id: itemId, output_index: 1 };
    this.tell({ type: 'response.function_call_arguments.done', ...place, ...call });
    const item = { id: itemId, type: 'function_call', status: 'completed', ...call };
    this.tell({ type: 'response.output_item.done', response_id: response.id, output_index: 1, item });
    this.stop('completed');
  }

  stop(status) {
    const { response } = this.active;
    this.active = undefined;
    const usage = {
      ...{ total_tokens: 150, input_tokens: 100, output_tokens: 50 },
      ...{ input_token_details: { audio_tokens: 60, text_tokens: 40, cached_tokens: 20 } },
      output_token_details: { audio_tokens: 30, text_tokens: 20 },
    };
    const details = status === 'cancelled' ? { status_details: { type: 'cancelled', reason: 'client_cancelled' } } : {};
    this.tell({ type: 'response.done', response: { ...response, status, usage, ...details } });
    this.tell({ type: 'rate_limits.updated', rate_limits: [] });
  }
}

const handlers = {
  'session.update'(talk, event) {
    const { type, audio = {} } = event.session ?? {};
    const formats = [audio.input?.format, audio.output?.format];
    if (type !== 'realtime') return talk.refuse('missing_required_parameter', "Missing: 'session.type'.", event);
    if (formats.some((format) => format?.type !== 'audio/pcm' || format.rate !== rateHz))
      return talk.refuse('invalid_value', 'Unsupported audio format.', event);
    talk.detection = { ...talk.detection, ...audio.input.turn_detection };
    talk.tell({ type: 'session.updated', session: event.session });
  },
  'response.create'(talk, event) {
    if (talk.active) talk.refuse('conversation_already_has_active_response', 'A response is in progress.', event);
    else talk.respond();
  },
  'response.cancel'(talk, event) {
    if (talk.active) talk.stop('cancelled');
    else talk.refuse('response_cancel_not_active', 'Cancellation failed: no active response found.', event);
  },
  'conversation.item.create'(talk, event) {
    const { item } = event;
    if (item.type === 'function_call_output' && !talk.calls.has(item.call_id))
      return talk.refuse('item_not_found', `Tool call ID '${item.call_id}' not found in conversation.`, event);
    if (item.role === 'assistant' && item.content?.some(({ type }) => type !== 'output_text'))
      return talk.refuse('invalid_value', "Supported values are: 'output_text'.", event);
    talk.tell({ type: 'conversation.item.added', item: { id: id('item'), ...item }, previous_item_id: null });
    talk.tell({ type: 'conversation.item.done', item: { id: id('item'), ...item }, previous_item_id: null });
  },
  'conversation.item.truncate'(talk, event) {
    const { item_id: itemId, content_index: contentIndex, audio_end_ms: endMs } = event;
    const item = talk.items.get(itemId);
    if (item === undefined) return talk.refuse('item_not_found', `Item '${itemId}' not found.`, event);
    if (!Number.isInteger(endMs) || endMs > item.sentMs)
      return talk.refuse(
        'invalid_value',
        `Audio content of ${item.sentMs}ms is already shorter than ${endMs}ms`,
        event,
      );
    talk.tell({
      ...{ type: 'conversation.item.truncated', item_id: itemId, content_index: contentIndex, audio_end_ms: endMs },
    });
  },
};

const tones = new Map();

/** Tones of tens of hertz have whole waves in a tenth of a second: each piece goes on where the last one ended. */
function tone(hz, ms) {
  const name = `${hz} ${ms}`;
  if (!tones.has(name)) {
    const audio = Int16Array.from({ length: Math.round((rateHz * ms) / 1_000) }, (_, index) =>
      Math.round(8_000 * Math.sin((2 * Math.PI * hz * index) / rateHz)),
    );
    tones.set(name, Buffer.from(audio.buffer).toString('base64'));
  }
  return tones.get(name);
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
server.on('connection', (socket, request) => {
  const stage = stageOf(new URL(request.url, 'ws://x').searchParams.get('model'));
  stage.log.push({ type: 'connected', authorization: request.headers.authorization, at: Date.now() });
  stage.sockets.add(socket);
  const talk = new Conversation(socket, stage);
  socket.on('message', (data) => talk.take(JSON.parse(data)));
  socket.on('error', () => {});
  socket.on('close', (code) => {
    stage.sockets.delete(socket);
    stage.log.push({ type: 'closed', code, at: Date.now() });
  });
});

/** What a test asks for; the answer is what it is given. */
const asked = {
  plan({ replies = [], hears = [] }, stage) {
    stage.replies.push(...replies);
    stage.hears.push(...hears);
  },
  drop(_, stage) {
    for (const socket of stage.sockets) socket.terminate();
  },
  /** Messages that are small and say nothing. */
  chatter({ count }, stage) {
    const text = JSON.stringify({ type: 'rate_limits.updated', rate_limits: [] });
    for (const socket of stage.sockets) for (let index = 0; index < count; index++) socket.send(text);
  },
  look(_, { log, heardMs, hz, sentMs, sockets }) {
    return { log, heardMs, hz, sentMs, open: sockets.size, waiting: [...sockets].map((one) => one.bufferedAmount) };
  },
};
process.on('message', ({ number, ask, model, ...more }) => {
  process.send({ number, answer: asked[ask](more, stageOf(model)) ?? null });
});
process.on('disconnect', () => process.exit(0));
server.on('listening', () => process.send({ port: server.address().port }));
