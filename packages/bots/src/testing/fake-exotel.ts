import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  form: Record<string, string>;
  text: string;
}

export type Answering = (response: ServerResponse, request: ReceivedRequest) => void;

/** A server in the place of Exotel's API, or of a server of the fleet: it answers as it is told, and keeps what it was asked. */
export interface FakeExotel {
  readonly baseUrl: string;
  readonly requests: ReceivedRequest[];
  answer: Answering;
  close(): Promise<void>;
}

export async function startFakeExotel(): Promise<FakeExotel> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    void received(incoming).then((request) => {
      requests.push(request);
      fake.answer(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeExotel = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: answerWith(200, '{}'),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}

export function answerWith(status: number, body: string | Buffer, headers: Record<string, string> = {}): Answering {
  return (response) => void response.writeHead(status, headers).end(body);
}

async function received(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const { method = '', url = '', headers } = incoming;
  return { method, path: url, headers, text, form: Object.fromEntries(new URLSearchParams(text)) };
}
