import {
  type ActiveHours,
  type BotAuth,
  BotConfigError,
  type BotInput,
  type BotNeed,
  type BotVersion,
  botKinds,
  isTimeZone,
  maskSecrets,
  type StoredBot,
  unmaskSecrets,
  websocketUrlOf,
} from '@intermix/bots';
import type {
  BotActiveHours,
  BotActiveHoursInput,
  BotAuthInput,
  BotCreate,
  BotRead,
  BotUpdate,
  BotVersionRead,
} from '@intermix/contracts';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../http/api-error.js';

const defaultMaxCallSec = 600;
type Config = Record<string, unknown>;

/** `base`: where operators say that bots are reached; else it is where the one who asks reached us. */
export function botRead(bot: StoredBot, base: string | undefined, { protocol, host }: FastifyRequest): BotRead {
  const { id, auth, createdAt, updatedAt } = bot;
  return {
    ...{ bot_id: id, ...shownOf(bot), version: bot.version },
    auth: { type: auth.type, username: auth.type === 'basic' ? auth.username : null },
    websocket_url: websocketUrlOf(base ?? `${protocol}://${host}`, id),
    ...{ created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() },
  };
}

export function botVersionRead(version: BotVersion): BotVersionRead {
  return { ...shownOf(version), version: version.version, created_at: version.createdAt.toISOString() };
}

function shownOf({ name, kind: kindName, config, activeHours, maxCallSec }: Omit<BotInput, 'auth'>) {
  const kind = botKinds.get(kindName);
  // Of a kind that this release does not have, nobody knows which texts are secrets.
  const secretKeys = kind === undefined ? 'every' : (kind.secretKeys ?? []);
  return {
    ...{ name, kind: kindName, config: maskSecrets(config, secretKeys) as Config },
    active_hours: activeHours ? { time_zone: activeHours.timeZone, windows: windowsOf(activeHours) } : null,
    max_call_seconds: maxCallSec,
  };
}

/** A bot as it is to be kept, and what it relies on. */
export interface WantedBot {
  input: BotInput;
  needs: BotNeed[];
}

/**
 * A whole bot from what was sent, and from what was there. `timeZone`: of hours that name none. Throws ApiError and
 * BotConfigError.
 */
export function botInput(sent: BotCreate | BotUpdate, timeZone: string, kept?: BotInput): WantedBot {
  const name = sent.name ?? kept?.name ?? '';
  const kindName = sent.kind ?? kept?.kind ?? '';
  const kind = botKinds.get(kindName);
  if (kind === undefined) throw ApiError.invalid('kind', `"kind" must be one of ${[...botKinds.keys()].join(', ')}.`);
  const isSameKind = kept?.kind === kindName;
  const before = isSameKind ? kept.config : undefined;
  const config = unmaskSecrets(sent.config ?? before ?? {}, before);
  const read = kind.parse(config);
  const input: BotInput = {
    ...{ name, kind: kindName, config: read, auth: authOf(sent.auth, kept?.auth) },
    activeHours: sent.active_hours === undefined ? kept?.activeHours : hoursOf(sent.active_hours, timeZone),
    maxCallSec: sent.max_call_seconds ?? kept?.maxCallSec ?? defaultMaxCallSec,
  };
  return { input, needs: kind.needs?.(read) ?? [] };
}

/** An earlier version with the credentials of now, held to the rules of now. Throws as `botInput` does. */
export function restoredInput({ name, kind, config, activeHours, maxCallSec }: BotVersion, auth: BotAuth): WantedBot {
  const hours = activeHours ? { time_zone: activeHours.timeZone, windows: windowsOf(activeHours) } : null;
  const sent = { name, kind, config: config as Config, active_hours: hours, max_call_seconds: maxCallSec };
  return botInput(sent, 'UTC', { name, kind, config, auth, activeHours, maxCallSec });
}

/** What is wrong with a configuration, for who asks without keeping it. */
export function configProblem(error: unknown): { path: string; message: string } {
  if (error instanceof BotConfigError || (error instanceof ApiError && error.field !== undefined))
    return { path: error.field ?? '', message: error.message };
  throw error;
}

function authOf(sent: BotAuthInput | undefined, kept: BotAuth | undefined): BotAuth {
  if (sent === undefined) return kept ?? { type: 'none' };
  if (sent.type === 'none') return { type: 'none' };
  if (sent.type === 'token') {
    const token = sent.token ?? (kept?.type === 'token' ? kept.token : undefined);
    if (token === undefined) throw ApiError.invalid('auth.token', '"auth.token" is missing.');
    return { type: 'token', token };
  }
  const before = kept?.type === 'basic' ? kept : undefined;
  const username = sent.username ?? before?.username;
  const password = sent.password ?? before?.password;
  if (username === undefined) throw ApiError.invalid('auth.username', '"auth.username" is missing.');
  if (password === undefined) throw ApiError.invalid('auth.password', '"auth.password" is missing.');
  return { type: 'basic', username, password };
}

function hoursOf(sent: BotActiveHoursInput | null, displayTimeZone: string): ActiveHours | undefined {
  if (sent === null) return undefined;
  const { time_zone: timeZone = displayTimeZone } = sent;
  if (!isTimeZone(timeZone))
    throw ApiError.invalid('active_hours.time_zone', `"${timeZone}" is no time zone: give one such as Asia/Kolkata.`);
  const same = sent.windows.findIndex(({ from, to }) => from === to);
  if (same >= 0)
    throw ApiError.invalid(`active_hours.windows.${same}.to`, 'The window is empty: a whole day is 00:00 to 24:00.');
  return { timeZone, windows: sent.windows };
}

function windowsOf({ windows }: ActiveHours): BotActiveHours['windows'] {
  return windows.map(({ days, from, to }) => ({ days: [...days], from, to }));
}
