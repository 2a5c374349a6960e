import type { Clock } from '@intermix/kernel';
import { type OutboundClient, OutboundError } from '@intermix/outbound';
import type { AttemptResult, ClaimedDelivery } from '../ports/outbox.js';
import type { SigningSecrets } from '../ports/signing-secrets.js';
import { deliveryHeaders } from './delivery-headers.js';

/** How much of an answer's body the log keeps. */
const keptBytes = 4_096;
/** A host that takes longer than this is no better than one that does not answer. */
const soonMs = 2_000;

export interface AttemptDeps {
  client: Pick<OutboundClient, 'post'>;
  secrets: SigningSecrets;
  clock: Clock;
  userAgent: string;
}

export interface Attempt {
  result: AttemptResult;
  /** See `LaneLimits.end`. */
  isWell: boolean | undefined;
}

/** Makes one attempt. Undefined when it was given up because we stop. Rejects when the secrets cannot be read. */
export async function attempt(
  claimed: ClaimedDelivery,
  { client, secrets, clock, userAgent }: AttemptDeps,
  signal: AbortSignal,
): Promise<Attempt | undefined> {
  const { manner } = claimed;
  const inForce = manner ? [] : await secrets.inForce(claimed.accountSid, claimed.appId);
  const begunAt = clock.now();
  const end = (isWell: boolean | undefined, rest: Partial<AttemptResult>): Attempt => ({
    isWell,
    result: {
      claimed,
      delivered: false,
      at: new Date(begunAt),
      latencyMs: clock.now() - begunAt,
      httpStatus: undefined,
      error: undefined,
      isFinal: false,
      responseBody: undefined,
      ...rest,
    },
  });
  if (inForce === undefined) return end(undefined, { error: 'The app does not exist any more.', isFinal: true });
  const signing = inForce.map(({ secret }) => secret);
  const headers = deliveryHeaders(claimed, { secrets: signing, nowMs: begunAt, userAgent });
  try {
    const { status, body } = await client.post(claimed.url, {
      ...{ headers, body: claimed.body, signal, timeoutMs: manner?.timeoutMs },
    });
    return end(clock.now() - begunAt <= soonMs, {
      delivered: status === 200,
      httpStatus: status,
      error: status === 200 ? undefined : unacknowledged(status),
      responseBody: body.length > 0 ? keptText(body) : undefined,
    });
  } catch (error) {
    if (signal.aborted) return undefined;
    const message = error instanceof Error ? error.message : String(error);
    return end(saysNothingOfHost(error) ? undefined : false, { error: message });
  }
}

function unacknowledged(status: number): string {
  const hint = status >= 300 && status < 400 ? ' Redirects are not followed: give the final URL.' : '';
  return `The answer was ${status}; only 200 acknowledges.${hint}`;
}

/** As the log can hold it: text without NUL. */
function keptText(body: Buffer): string {
  return body.subarray(0, keptBytes).toString('utf8').replaceAll('\0', '\uFFFD');
}

function saysNothingOfHost(error: unknown): boolean {
  return error instanceof OutboundError && (error.problem === 'bad-url' || error.problem === 'address-refused');
}
