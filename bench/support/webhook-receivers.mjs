// Receivers of webhooks in a process of their own: one port that answers 200 at once and remembers how old each event was
// when it came, and one that takes connections and never answers. Started by fork; `report` gives and forgets.
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';

let ages = [];
const living = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', () => {
    ages.push(Date.now() - Date.parse(JSON.parse(text).timestamp));
    response.end();
  });
});
living.keepAliveTimeout = 60_000;
const dead = createTcpServer((socket) => socket.on('error', () => {}).resume());
process.on('message', (message) => {
  if (message === 'stop') process.exit(0);
  if (message !== 'report') return;
  process.send({ ages });
  ages = [];
});
process.on('disconnect', () => process.exit(0));
living.listen(0, '127.0.0.1', () =>
  dead.listen(0, '127.0.0.1', () => process.send({ living: living.address().port, dead: dead.address().port })),
);
