import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '@intermix/kernel';
import { hopsHeader, hopsOf } from '../session/hops.js';
import type { Admitted, BotGate } from './bot-gate.js';
import { sourceNetworkOf } from './source-network.js';
import { WaitingPlaces } from './waiting-places.js';

/** Path of a bot's WebSocket, in front of its id. */
export const exotelPath = '/exotel/';
const handedOn = /^(host|upgrade|connection|sec-websocket-.*)$/;

export interface ExotelIngressDeps {
  gate: Pick<BotGate, 'admit' | 'refusalOf'>;
  /** Address that a request comes from, where a reverse proxy stands in front. Default: the socket's. */
  sourceOf?: ((request: IncomingMessage) => string) | undefined;
  logger: Logger;
}

/** `WebSocket /exotel/{bot_id}` on the server's HTTP port: asks the gate, and hands the connection to the bots' process. */
export class ExotelIngress {
  readonly #deps: ExotelIngressDeps;
  readonly #places = new WaitingPlaces();
  /** Refused upgrades by their status. */
  readonly refused = new Map<number, number>();

  constructor(deps: ExotelIngressDeps) {
    this.#deps = deps;
  }

  /** For a path that begins with `exotelPath`. The socket's errors are the caller's to handle. */
  readonly handleUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    void this.#handle(request, socket, head).catch((error) => {
      this.#deps.logger.error({ err: error }, 'a connection to a bot could not be let in');
      this.#refuse(socket, 503);
    });
  };

  async #handle(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { gate, sourceOf = peerOf } = this.#deps;
    const asked = askedOf(request.url ?? '');
    if (asked === undefined) return this.#refuse(socket, 404);
    const { botId, token } = asked;
    const source = sourceNetworkOf(sourceOf(request));
    const early = gate.refusalOf({ botId, source });
    if (early) return this.#refuse(socket, early.status);
    if (!this.#places.enter(source)) return this.#refuse(socket, 503);
    const shown = { authorization: request.headers.authorization, token };
    const admission = await gate
      .admit({ botId, source, shown, hops: hopsOf(request.headers[hopsHeader]), isGone: () => socket.destroyed })
      .finally(() => this.#places.leave(source));
    if (admission === undefined) return;
    if (!admission.ok) return this.#refuse(socket, admission.status);
    this.#handOn(request, socket, head, admission);
  }

  /** Octets both ways: nothing of them is looked at here, the signalling has other things to do. */
  #handOn(request: IncomingMessage, socket: Duplex, head: Buffer, { port, ticket, giveBack }: Admitted): void {
    if (socket.destroyed) {
      giveBack();
      return;
    }
    const inside = connect({ host: '127.0.0.1', port, noDelay: true });
    let isInside = false;
    inside.on('connect', () => {
      isInside = true;
    });
    inside.on('error', () => {
      if (isInside) socket.destroy();
      else this.#refuse(socket, 503); // The process has just died: it is being started again.
    });
    inside.on('close', () => isInside && socket.destroy());
    socket.on('close', () => {
      inside.destroy();
      if (!isInside) giveBack();
    });
    const headers = [...fieldsOf(request), `X-Intermix-Ticket: ${ticket}`];
    inside.write(`GET ${exotelPath} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    if (head.length > 0) inside.write(head);
    inside.pipe(socket);
    socket.pipe(inside);
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

function peerOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? '';
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
