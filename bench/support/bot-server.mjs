// Bots as the server has them, without the rest of it: the way in by HTTP, the gate with one echo bot in memory, and the process
// of the bots. It runs until it is told to end.
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { BotGate, BotWorker, ExotelIngress } from '@intermix/bots';
import { silentLogger, systemClock, systemRandom } from '@intermix/kernel';

const common = { clock: systemClock, random: systemRandom, logger: silentLogger };
const echo = {
  ...{ id: 'echo', accountSid: 'bench', name: 'Echo', kind: 'echo', config: { delay_ms: 0 }, auth: { type: 'none' } },
  ...{ version: 1, maxCallSec: 3_600 },
};
const find = async () => echo;
const worker = new BotWorker({
  ...common,
  ...{ childPath: fileURLToPath(new URL('./bot-child.mjs', import.meta.url)), maxSessions: 1_000, allowPrivate: false },
  ...{ render: async () => '', onEvent() {} },
});
const ingress = new ExotelIngress({
  ...{ gate: new BotGate({ bots: { find, findAnywhere: find }, worker, ...common }), logger: silentLogger },
});
const server = createServer();
server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => socket.destroy());
  ingress.handleUpgrade(request, socket, head);
});
worker.start();
server.listen(0, '127.0.0.1');
const ready = setInterval(() => {
  const { pid } = worker.load;
  if (pid === undefined || !server.listening) return;
  clearInterval(ready);
  process.send({ type: 'ready', url: `ws://127.0.0.1:${server.address().port}/exotel/echo`, botsPid: pid });
}, 20);
process.on('SIGTERM', () => void worker.stop().then(() => process.exit(0)));
