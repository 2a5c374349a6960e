import { type OutboundClient, OutboundError } from '@intermix/outbound';

/** Long on purpose: a server that is full of calls may need seconds to ask its workers, and is healthy nevertheless. */
const usualTimeoutMs = 20_000;
const maxBytes = 256 * 1024;

/** What a server of the fleet said of itself; or why it does not count. */
export type ServerHealth =
  | {
      readonly status: 'healthy';
      readonly calls: number;
      readonly max: number;
      readonly available: number;
      /** How many it has. */
      readonly workers: number;
    }
  | { readonly status: 'unreachable'; readonly problem: string };

/** Asks one server. Never rejects. */
export async function readServerHealth(
  client: Pick<OutboundClient, 'get'>,
  baseUrl: string,
  timeoutMs = usualTimeoutMs,
): Promise<ServerHealth> {
  try {
    const answer = await client.get(`${baseUrl}/health/fleet`, { timeoutMs, maxBytes });
    if (answer.status < 200 || answer.status > 299) return unreachable(`It answered with status ${answer.status}.`);
    if (answer.cutOff) return unreachable('Its answer is too long.');
    return serverHealthOf(answer.body.toString('utf8'));
  } catch (error) {
    if (error instanceof OutboundError) return unreachable(error.message);
    throw error;
  }
}

/** Reads an answer of `/health/fleet`, strictly: a server that says nonsense of itself gets no calls. */
export function serverHealthOf(text: string): ServerHealth {
  const answer = parsed(text);
  if (answer === undefined) return unreachable('Its answer is no JSON object.');
  if (answer.status !== 'ok') return unreachable('Its "status" is not "ok".');
  const counts = [answer.fleet_calls, answer.fleet_max, answer.fleet_available];
  if (!counts.every(isCount)) return unreachable('Its counts are not whole numbers from 0 on.');
  const [calls = 0, max = 0, available = 0] = counts;
  if (available > max) return unreachable('Its "fleet_available" is more than its "fleet_max".');
  if (!Array.isArray(answer.workers)) return unreachable('Its "workers" is no list.');
  return { status: 'healthy', calls, max, available, workers: answer.workers.length };
}

const unreachable = (problem: string): ServerHealth => ({ status: 'unreachable', problem });
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
