// A TCP proxy on loopback that can go away for a while, as a server that restarts or a network that fails does.
import { connect, createServer } from 'node:net';

/** `cut(ms)` breaks every connection and refuses new ones for so long; resolves when it listens again. */
export async function startCutProxy(target) {
  const open = new Set();
  const server = createServer((near) => {
    const far = connect(target);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      open.add(one);
      one.on('error', () => {});
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.setNoDelay(true);
      one.pipe(other);
    }
  });
  const listen = (port) => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address();
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      for (const socket of open) socket.destroy();
    });
  return {
    port,
    close,
    async cut(forMs) {
      await close();
      await new Promise((resolve) => setTimeout(resolve, forMs));
      await listen(port);
    },
  };
}
