import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A customer's web site: serves given pages from an origin of its own, on loopback. */
export class PageServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `pages`: path to HTML (or, for paths that end in .js, JavaScript, which pages of other origins may load too). */
  static async start(pages: Readonly<Record<string, string>>): Promise<PageServer> {
    const server = createServer((request, response) => {
      const path = (request.url ?? '/').split('?')[0] ?? '/';
      const text = pages[path];
      const type = path.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8';
      const headers = { 'content-type': type, ...(path.endsWith('.js') && { 'access-control-allow-origin': '*' }) };
      response.writeHead(text === undefined ? 404 : 200, headers).end(text ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PageServer(server);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
