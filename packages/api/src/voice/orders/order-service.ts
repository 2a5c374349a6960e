import { CallError, type CallProblem, type CallRecord } from '@intermix/calls';
import { ApiError } from '../../http/api-error.js';
import type { OrderedParty, OrderedTarget, VoiceCallOrder, VoiceDeps } from '../ports.js';
import type { ConnectParameters } from './connect-parameters.js';

type OrderDeps = Pick<VoiceDeps, 'users' | 'numbers' | 'orders' | 'programs'>;

/** What the switch refuses, in HTTP's terms. */
const statusOfProblem: Readonly<Partial<Record<CallProblem, number>>> = {
  'bad-number': 400,
  'no-virtual-number': 400,
  'not-allowed': 403,
  'device-busy': 409,
  'device-off': 409,
  'carrier-channels': 503,
  'carrier-rate': 503,
  'carrier-failed': 503,
  unavailable: 503,
  'store-failed': 503,
};

const retryAfterSec = 5;

/** Makes an order of what `Calls/connect` was asked for: finds the parties, the flow or the bot, and has the call placed. */
export class OrderService {
  readonly #deps: OrderDeps;

  constructor(deps: OrderDeps) {
    this.#deps = deps;
  }

  /** Resolves when the first party is being rung. Throws ApiError: 400 names the parameter, 403 says why a number is closed. */
  async place(accountSid: string, asked: ConnectParameters): Promise<{ call: CallRecord; order: VoiceCallOrder }> {
    const callerId = await this.#callerId(accountSid, asked.callerId);
    const first = await this.#party(accountSid, 'From', asked.from);
    const target = await this.#target(accountSid, asked);
    const isBetweenTwo = asked.mode === 'numbers';
    const { mode, ringTimeoutSec, timeLimitSec, customField, maxRetries, statusCallback, recording } = asked;
    const order: VoiceCallOrder = {
      ...{ accountSid, first, target, mode, callerId, ringTimeoutSec, timeLimitSec, customField, maxRetries },
      ...{ from: shown(first), to: 'program' in target ? undefined : shown(target), statusCallback, recording },
      waitUrl: isBetweenTwo ? asked.waitUrl : undefined,
      playback: isBetweenTwo ? asked.playback : undefined,
      stream: isBetweenTwo ? asked.stream : undefined,
    };
    return { order, call: await this.#placed(order) };
  }

  async #callerId(accountSid: string, text: string): Promise<string> {
    const { numbers } = this.#deps;
    const number = await numbers.read(accountSid, text);
    const own = (await numbers.listDids(accountSid)).find((did) => did.number === number);
    if (own === undefined) throw ApiError.invalid('CallerId', '"CallerId" is no ExoPhone of this account.');
    if (own.direction === 'inbound')
      throw ApiError.invalid('CallerId', '"CallerId" is an ExoPhone for incoming calls alone: it cannot be shown.');
    return own.number;
  }

  /** A number unless the text says that it is a user: `sip:asha`, `asha`, `agent_001`. */
  async #party(accountSid: string, name: 'From' | 'To', text: string): Promise<OrderedParty> {
    const { numbers, users } = this.#deps;
    const [, scheme, address = text] = /^(sips?:)?(.*)$/is.exec(text) ?? [];
    const [userName = ''] = address.split('@');
    const isNamed = scheme !== undefined && !/^\+?\d{7,}$/.test(userName);
    const number = isNamed ? undefined : await numbers.read(accountSid, text);
    if (number !== undefined) return { number };
    const user = await users.findByName(accountSid, userName);
    if (user !== undefined) return { user };
    const cure = 'give a number as +<country code><number>, or a SIP user of the account';
    throw ApiError.invalid(name, `"${name}" is neither a telephone number nor a user: ${cure}.`);
  }

  async #target(accountSid: string, asked: ConnectParameters): Promise<OrderedTarget> {
    const { programs } = this.#deps;
    const { mode, stream, recording, timeLimitSec } = asked;
    if (mode === 'numbers') return this.#party(accountSid, 'To', asked.to ?? '');
    if (mode === 'bot' && stream)
      return { program: programs.bot({ stream, recording, timeLimitSec }), named: { stream } };
    const rule = `give …/${accountSid}/exoml/start_voice/<flow id>`;
    const flowId = programs.flowIdOfUrl(asked.flowUrl ?? '', accountSid);
    if (flowId === undefined)
      throw ApiError.invalid('Url', `"Url" is not the address of a flow of this account: ${rule}.`);
    const program = await programs.findFlow(accountSid, flowId);
    if (program === undefined) throw ApiError.invalid('Url', `"Url" names a flow that the account has not: ${rule}.`);
    return { program, named: { flowId } };
  }

  async #placed(order: VoiceCallOrder): Promise<CallRecord> {
    try {
      return await this.#deps.orders.place(order);
    } catch (error) {
      throw refusalOf(error) ?? error;
    }
  }
}

function shown(party: OrderedParty): string {
  return 'number' in party ? party.number : party.user.sipUsername;
}

function refusalOf(error: unknown): ApiError | undefined {
  if (!(error instanceof CallError)) return undefined;
  const status = statusOfProblem[error.problem];
  if (status === undefined) return undefined;
  const message = `The call was not placed: ${error.message}.`;
  return new ApiError(status, 'ERR_CALL_REFUSED', message, undefined, status === 503 ? retryAfterSec : undefined);
}
