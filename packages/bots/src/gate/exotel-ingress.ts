import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '@intermix/kernel';
import type { Admitted, BotGate } from './bot-gate.js';

/** Path of a bot's WebSocket, in front of its id. */
export const exotelPath = '/exotel/';
/** Upgrades that wait for the database at once. */
const maxWaiting = 200;
const handedOn = /^(host|upgrade|connection|sec-websocket-.*)$/;

/** `WebSocket /exotel/{bot_id}` on the server's HTTP port: asks the gate, and hands the connection to the bots' process. */
export class ExotelIngress {
  readonly #gate: Pick<BotGate, 'admit'>;
  readonly #logger: Logger;
  /** Refused upgrades by their status. */
  readonly refused = new Map<number, number>();
  #waiting = 0;

  constructor(deps: { gate: Pick<BotGate, 'admit'>; logger: Logger }) {
    this.#gate = deps.gate;
    this.#logger = deps.logger;
  }

  /** For a path that begins with `exotelPath`. The socket's errors are the caller's to handle. */
  readonly handleUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    void this.#handle(request, socket, head).catch((error) => {
      this.#logger.error({ err: error }, 'a connection to a bot could not be let in');
      this.#refuse(socket, 503);
    });
  };

  async #handle(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const asked = askedOf(request.url ?? '');
    if (asked === undefined) return this.#refuse(socket, 404);
    if (this.#waiting >= maxWaiting) return this.#refuse(socket, 503);
    this.#waiting++;
    const shown = { authorization: request.headers.authorization, token: asked.token };
    const admission = await this.#gate.admit(asked.botId, shown).finally(() => {
      this.#waiting--;
    });
    if (!admission.ok) return this.#refuse(socket, admission.status);
    if (socket.destroyed) return; // Its ticket runs out by itself.
    handOn(request, socket, head, admission);
  }

  #refuse(socket: Duplex, status: number): void {
    this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
    const challenge = status === 401 ? 'WWW-Authenticate: Basic realm="intermix"\r\n' : '';
    const reason = STATUS_CODES[status] ?? '';
    // Node leaves the other half open, and nobody else looks after this socket any more.
    socket.once('finish', () => socket.destroy());
    socket.end(`HTTP/1.1 ${status} ${reason}\r\n${challenge}Connection: close\r\nContent-Length: 0\r\n\r\n`);
  }
}

/** Octets both ways: nothing of them is looked at here, the signalling has other things to do. */
function handOn(request: IncomingMessage, socket: Duplex, head: Buffer, { port, ticket }: Admitted): void {
  const inside = connect({ host: '127.0.0.1', port, noDelay: true });
  inside.on('error', () => socket.destroy());
  inside.on('close', () => socket.destroy());
  socket.on('close', () => inside.destroy());
  const headers = [...fieldsOf(request), `X-Intermix-Ticket: ${ticket}`];
  inside.write(`GET ${exotelPath} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) inside.write(head);
  inside.pipe(socket);
  socket.pipe(inside);
}

/** What belongs to the handshake; credentials stay here. */
function fieldsOf({ rawHeaders }: IncomingMessage): string[] {
  const fields: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    if (handedOn.test((rawHeaders[index] ?? '').toLowerCase()))
      fields.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  return fields;
}

function askedOf(url: string): { botId: string; token: string | undefined } | undefined {
  const [path = '', query = ''] = url.split('?', 2);
  const botId = path.slice(exotelPath.length).replace(/\/$/, '');
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(botId)) return undefined;
  return { botId, token: new URLSearchParams(query).get('token') ?? undefined };
}
