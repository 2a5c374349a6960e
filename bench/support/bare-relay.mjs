// The least that a bridge between the two protocols can do, as the peer of an agent: no session, no resampling, no queue. A frame
// of the caller's goes on in the other envelope, speech comes back as it is, and the caller's words clear it.
import { WebSocket, WebSocketServer } from 'ws';

const [, , provider] = process.argv;
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (caller) => {
  let [sid, waiting] = ['', []];
  const far = new WebSocket(provider, { perMessageDeflate: false });
  const tell = (event) => {
    const text = JSON.stringify(event);
    if (waiting) waiting.push(text);
    else far.send(text);
  };
  for (const socket of [caller, far]) socket.on('error', () => {});
  far.on('open', () => {
    for (const text of waiting) far.send(text);
    waiting = undefined;
  });
  far.on('message', (data) => {
    const event = JSON.parse(data);
    const say = (message) => caller.readyState === WebSocket.OPEN && caller.send(JSON.stringify(message));
    if (event.type === 'response.output_audio.delta')
      say({ event: 'media', stream_sid: sid, media: { payload: event.delta } });
    else if (event.type === 'input_audio_buffer.speech_started') say({ event: 'clear', stream_sid: sid });
  });
  caller.on('message', (data) => {
    const message = JSON.parse(data);
    if (message.event === 'start') {
      sid = message.start.stream_sid;
      tell({ type: 'session.update', session: { instructions: message.start.custom_parameters.index } });
    } else if (message.event === 'media') tell({ type: 'input_audio_buffer.append', audio: message.media.payload });
  });
  caller.on('close', () => far.close());
  far.on('close', () => caller.close());
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
server.on('listening', () => process.send({ type: 'ready', port: server.address().port }));
