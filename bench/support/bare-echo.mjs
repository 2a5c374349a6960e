// What an echo costs at least with the same library: each message goes back as it came, unread.
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data) => socket.send(data, { binary: false }));
});
server.on('listening', () => process.send({ type: 'ready', url: `ws://127.0.0.1:${server.address().port}/` }));
process.on('SIGTERM', () => process.exit(0));
