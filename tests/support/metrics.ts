import { eventually, type RunningServer } from '@intermix/testkit';

/** One figure of `GET /metrics`, summed over its labels. Undefined when the server has no such figure. */
export async function metric(server: RunningServer, name: string): Promise<number | undefined> {
  const text = await (await fetch(`${server.baseUrl}/metrics`)).text();
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

const traces = [
  ...['intermix_calls_active', 'intermix_legs_active', 'intermix_media_legs', 'intermix_sip_transactions'],
  'intermix_bot_sessions',
];

/**
 * For a server that is to forget its transactions within a test: the longest timers of RFC 3261 are 64·T1, which is 32 s unless
 * T1 is set. The round trip on loopback is far below either.
 */
export const quickSipTimers = { INTERMIX_SIP_T1_MS: '100' };

/** Waits until no call, leg, media endpoint, transaction or session of a bot is left: 32 s, or 6 with `quickSipTimers`. */
export async function expectNothingLeft(server: RunningServer, timeoutMs = 50_000): Promise<void> {
  let last: Array<number | undefined> = [];
  const look = async () => {
    last = await Promise.all(traces.map((name) => metric(server, name)));
    return last.every((value) => value === 0);
  };
  await eventually(look, { timeoutMs, everyMs: 250, message: 'nothing left' }).catch((error) => {
    throw new Error(`${error.message}: ${traces.map((name, i) => `${name} ${last[i]}`).join(', ')}`);
  });
}

/** Lines of the log at level `error` or above. */
export function errorLines(server: RunningServer): string[] {
  return server
    .logs()
    .split('\n')
    .filter((line) => /^\{"level":(50|60)/.test(line));
}

/** Lines of the log with this message. */
export function logLines(server: RunningServer, message: string): string[] {
  return server
    .logs()
    .split('\n')
    .filter((line) => line.includes(`"msg":"${message}"`));
}
