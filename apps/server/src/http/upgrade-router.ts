import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Sends each WebSocket upgrade to the one handler of its path, or of what its path begins with when that ends in `/`; an unknown path gets 404. */
export function routeUpgrades(server: Server, handlers: Readonly<Record<string, UpgradeHandler>>): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const prefix = Object.keys(handlers).find((key) => key.endsWith('/') && path.startsWith(key));
    const handler = handlers[path] ?? (prefix === undefined ? undefined : handlers[prefix]);
    if (handler) return handler(request, socket, head);
    // Node leaves the other half open, and nobody else looks after this socket any more.
    socket.once('finish', () => socket.destroy());
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
}
