import type { ConnectOutcome, ConnectParty } from '@intermix/calls';
import type { AppletRun } from '../run/applet-run.js';
import type { ConnectWish } from '../run/flow-actions.js';
import { type DynamicReply, parseDynamicReply } from '../wire/dynamic-reply.js';
import { passthruQuery, withQuery } from '../wire/passthru-query.js';

export interface DialEnd {
  /** `empty`: there was nobody to ring. */
  status: ConnectOutcome['status'] | 'empty';
  reason: string;
  party: string | undefined;
  dialledSec: number;
}

export type DialPlan = Omit<ConnectWish, 'parties'>;

/** The reply of a dynamic URL is due by then. */
const replyTimeoutMs = 5000;
/** How often a URL that wants to be asked after each attempt is asked in one applet. */
const maxFetches = 10;

const nobody: DialEnd = { status: 'empty', reason: 'nobody-to-ring', party: undefined, dialledSec: 0 };

/** Rings the parties of each round at once, one round after the other, until somebody answers. */
export async function dialRounds(
  rounds: ReadonlyArray<readonly ConnectParty[]>,
  plan: DialPlan,
  { actions, state }: AppletRun,
): Promise<DialEnd> {
  let end = nobody;
  for (const parties of rounds.filter(({ length }) => length > 0)) {
    actions.forgetDigits();
    end = await actions.connect({ ...plan, parties });
    state.dial = { status: end.status as ConnectOutcome['status'], party: end.party, durationSec: end.dialledSec };
    if (end.status === 'completed' || end.status === 'canceled' || actions.isOver) break;
  }
  return end;
}

/** Asks a URL whom to ring, how, and again after each attempt when it wishes so. Reference: Exotel's "dynamic URL". */
export async function dialDynamic(
  from: { url: string; fallbackUrl: string | undefined; plan: DialPlan },
  run: AppletRun,
): Promise<DialEnd> {
  let end = nobody;
  for (let fetched = 0; fetched < maxFetches; fetched++) {
    const reply = (await replyOf(from.url, run)) ?? (from.fallbackUrl && (await replyOf(from.fallbackUrl, run)));
    if (!reply) return fetched > 0 ? end : { ...nobody, status: 'failed', reason: 'no-dynamic-reply' };
    const rounds = await roundsOf(reply, run);
    if (rounds.length === 0) return fetched > 0 ? end : nobody;
    if (fetched === 0 && reply.record) run.actions.record(reply.record);
    const tried = reply.fetchAfterAttempt ? rounds.slice(0, 1) : rounds;
    end = await dialRounds(tried, planOf(reply, from.plan), run);
    if (!reply.fetchAfterAttempt || end.status === 'completed' || end.status === 'canceled' || run.actions.isOver)
      break;
  }
  return end;
}

async function replyOf(url: string, { actions, facts, tell }: AppletRun): Promise<DynamicReply | undefined> {
  const asked = withQuery(url, passthruQuery(facts()));
  const headers = { 'Exotel-Version': '1.0', accept: 'application/json' };
  const { status, body, error } = await actions.ask(asked, { timeoutMs: replyTimeoutMs, headers });
  const reply = status === 200 ? parseDynamicReply(body) : undefined;
  if (reply === undefined) tell({ result: 'no-reply', status: status ?? null, error: error ?? 'not a JSON object' });
  for (const refused of reply?.refused ?? []) tell({ result: 'refused', error: refused });
  return reply;
}

async function roundsOf({ addresses, atOnce }: DynamicReply, { actions, tell }: AppletRun): Promise<ConnectParty[][]> {
  const parties: ConnectParty[] = [];
  for (const address of addresses) {
    const party = await actions.partyOf(address);
    if (party !== undefined) parties.push(party);
    else tell({ result: 'refused', error: `nobody of the account is ${address.slice(0, 128)}` });
  }
  const rounds: ConnectParty[][] = [];
  for (let at = 0; at < parties.length; at += atOnce) rounds.push(parties.slice(at, at + atOnce));
  return rounds;
}

/** What the reply leaves open is as the document has it. */
function planOf(reply: DynamicReply, plan: DialPlan): DialPlan {
  return {
    ringTimeoutSec: reply.ringTimeoutSec ?? plan.ringTimeoutSec,
    timeLimitSec: reply.timeLimitSec ?? plan.timeLimitSec,
    callerId: reply.callerId ?? plan.callerId,
    music: reply.music ?? plan.music,
    announcement: reply.announcement ?? plan.announcement,
    eventsUrl: reply.eventsUrl ?? plan.eventsUrl,
    headers: reply.headers.length > 0 ? reply.headers : plan.headers,
  };
}
