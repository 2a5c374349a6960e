import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** Serves files by their path, and speaks as a provider with OpenAI's interface does, whatever it is asked to say. */
export class AudioWebServer {
  /** What was asked for: `GET /path`, or the text that was to be spoken. */
  readonly asked: string[] = [];
  readonly #files: Readonly<Record<string, Buffer>>;
  readonly #speech: Buffer;
  readonly #server = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    if (method === 'POST' && url === '/v1/audio/speech') {
      this.asked.push(((await json(request)) as { input: string }).input);
      response.writeHead(200, { 'content-type': 'audio/wav' }).end(this.#speech);
      return;
    }
    this.asked.push(`${method} ${url}`);
    const file = this.#files[url];
    response.writeHead(file ? 200 : 404, { 'content-type': 'application/octet-stream' }).end(file ?? 'none');
  });

  private constructor(options: { files: Readonly<Record<string, Buffer>>; speech: Buffer }) {
    this.#files = options.files;
    this.#speech = options.speech;
  }

  static async open(options: { files: Readonly<Record<string, Buffer>>; speech: Buffer }): Promise<AudioWebServer> {
    const server = new AudioWebServer(options);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
