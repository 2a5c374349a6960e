import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { eventually } from '@intermix/testkit';

/** One POST, as it came. */
export interface Post {
  path: string;
  headers: IncomingMessage['headers'];
  /** The exact text. */
  text: string;
  /** Of JSON; or the fields of a form. */
  body: any;
  at: number;
}

/** A customer's server for webhooks, on loopback, that does with each POST what a test wants. */
export class CustomerServer {
  readonly posts: Post[] = [];
  readonly url: string;
  /** Gives the status of the answer; undefined: it answers itself, or never. */
  behave: (post: Post, response: ServerResponse) => number | undefined = () => 200;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => void this.#handle(request, response));
  }

  static async start(): Promise<CustomerServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CustomerServer(server);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Waits until that many have come, and gives all. */
  expect(count: number, timeoutMs = 10_000): Promise<Post[]> {
    const look = () => (this.posts.length >= count ? this.posts : undefined);
    return eventually(look, { timeoutMs, message: `${count} webhooks` }).catch((error) => {
      throw new Error(`${error.message}; came: ${this.posts.map(({ path, text }) => `${path} ${text}`).join(', ')}`);
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // The sender died.
    }
    const text = Buffer.concat(chunks).toString('utf8');
    const { headers } = request;
    const body = await bodyOf(headers['content-type'] ?? '', text);
    const post = { path: request.url ?? '', headers, text, body, at: Date.now() };
    this.posts.push(post);
    const status = this.behave(post, response);
    if (status !== undefined) response.writeHead(status).end('thanks');
  }
}

async function bodyOf(contentType: string, text: string): Promise<unknown> {
  if (!contentType.startsWith('multipart/')) return JSON.parse(text);
  const form = await new Response(text, { headers: { 'content-type': contentType } }).formData();
  return Object.fromEntries(form.entries());
}
