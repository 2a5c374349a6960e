import type { ConnectParty } from '@intermix/calls';
import Type, { type Static } from 'typebox';
import { AppletKey, closed, Id, PhoneNumber, Prompt, RingTimeoutSec, TimeLimitSec, Url } from '../document/fields.js';
import { faultsOfPrompt, needsOfPrompt } from '../document/prompt-spec.js';
import type { AppletRun } from '../run/applet-run.js';
import type { AppletKind, Exit, Fault, Need } from './applet-kind.js';
import { type DialEnd, dialDynamic, dialRounds } from './dial-rounds.js';

/** Exactly one of a user, users that ring together, and a number. */
const Party = Type.Object(
  {
    user_id: Type.Optional(Id),
    user_ids: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: 20, uniqueItems: true })),
    app_id: Type.Optional(Id),
    number: Type.Optional(PhoneNumber),
  },
  { ...closed, minProperties: 1 },
);
type Party = Static<typeof Party>;

const ends = ['completed', 'busy', 'no-answer', 'failed', 'empty'] as const;
const Ways = Type.Object(
  {
    ...{ completed: Type.Optional(AppletKey), busy: Type.Optional(AppletKey), failed: Type.Optional(AppletKey) },
    'no-answer': Type.Optional(AppletKey),
    empty: Type.Optional(AppletKey),
    other: Type.Optional(AppletKey),
  },
  { ...closed, minProperties: 1 },
);

const schema = Type.Object(
  {
    type: Type.Literal('connect'),
    parties: Type.Optional(Type.Array(Party, { minItems: 1, maxItems: 20 })),
    dynamic_url: Type.Optional(Url),
    fallback_url: Type.Optional(Url),
    strategy: Type.Optional(Type.Unsafe<'parallel' | 'sequence'>({ type: 'string', enum: ['parallel', 'sequence'] })),
    ring_timeout_sec: Type.Optional(RingTimeoutSec),
    time_limit_sec: Type.Optional(TimeLimitSec),
    caller_id: Type.Optional(PhoneNumber),
    record: Type.Optional(Type.Boolean()),
    recording_channels: Type.Optional(Type.Unsafe<'single' | 'dual'>({ type: 'string', enum: ['single', 'dual'] })),
    music: Type.Optional(Prompt),
    announcement: Type.Optional(
      Type.Object(
        {
          prompt: Prompt,
          to: Type.Optional(Type.Unsafe<'callee' | 'both'>({ type: 'string', enum: ['callee', 'both'] })),
        },
        closed,
      ),
    ),
    events_url: Type.Optional(Url),
    next: Type.Optional(Type.Union([AppletKey, Ways])),
  },
  closed,
);
type Connect = Static<typeof schema>;

/** Rings people and joins the first that answers; goes on when the talk is over or nobody answered. */
export const connect: AppletKind<typeof schema> = {
  type: 'connect',
  schema,
  exits: exitsOf,
  needs: needsOf,
  faults: faultsOf,
  async run(applet, run) {
    const end = await dial(applet, run);
    run.tell({ result: end.status, party: end.party ?? null, dialledSec: end.dialledSec, reason: end.reason });
    return wayOf(applet, end.status);
  },
  errorWay: (applet) => wayOf(applet, 'failed'),
};

function dial(applet: Connect, run: AppletRun): Promise<DialEnd> {
  const { announcement } = applet;
  const plan = {
    ringTimeoutSec: applet.ring_timeout_sec,
    timeLimitSec: applet.time_limit_sec,
    callerId: applet.caller_id,
    music: applet.music,
    announcement: announcement && { prompt: announcement.prompt, to: announcement.to ?? ('callee' as const) },
    eventsUrl: applet.events_url,
  };
  if (applet.record) run.actions.record({ channels: applet.recording_channels });
  if (applet.dynamic_url !== undefined)
    return dialDynamic({ url: applet.dynamic_url, fallbackUrl: applet.fallback_url, plan }, run);
  const groups = (applet.parties ?? []).map((party) => membersOf(party, run.appId));
  return dialRounds(applet.strategy === 'sequence' ? groups : [groups.flat()], plan, run);
}

function membersOf(party: Party, ofDocument: string | undefined): ConnectParty[] {
  if (party.number !== undefined) return [{ type: 'number', number: party.number }];
  const appId = party.app_id ?? ofDocument ?? '';
  const userIds = party.user_ids ?? (party.user_id === undefined ? [] : [party.user_id]);
  return userIds.map((userId) => ({ type: 'user', appId, userId }));
}

/** What can come of it: nobody to ring only with a list that is asked for. */
function endsOf({ dynamic_url }: Connect): readonly (typeof ends)[number][] {
  return dynamic_url === undefined ? ends.filter((end) => end !== 'empty') : ends;
}

function wayOf({ next }: Connect, status: DialEnd['status']): string | undefined {
  if (typeof next === 'string' || next === undefined) return next;
  return status === 'canceled' ? undefined : (next[status] ?? next.other);
}

function exitsOf(applet: Connect): Exit[] {
  const { next } = applet;
  if (next === undefined || typeof next === 'string') return [{ at: 'next', to: next, waits: false }];
  const named = endsOf(applet).filter((end) => next[end] !== undefined || next.other === undefined);
  return [
    ...named.map((end) => ({ at: `next.${end}`, to: next[end], waits: end === 'completed' })),
    ...(next.other === undefined ? [] : [{ at: 'next.other', to: next.other, waits: false }]),
  ];
}

function needsOf(applet: Connect): Need[] {
  const urls = (['dynamic_url', 'fallback_url', 'events_url'] as const).flatMap((at): Need[] => {
    const url = applet[at];
    return url === undefined ? [] : [{ kind: 'url', at, url, schemes: ['http', 'https'] }];
  });
  const users = (applet.parties ?? []).flatMap((party, index): Need[] => {
    const { app_id: appId, user_id, user_ids } = party;
    const one: Need[] =
      user_id === undefined ? [] : [{ kind: 'user', at: `parties.${index}.user_id`, appId, userId: user_id }];
    const many = (user_ids ?? []).map(
      (userId, place): Need => ({ kind: 'user', at: `parties.${index}.user_ids.${place}`, appId, userId }),
    );
    return [...one, ...many];
  });
  const { caller_id: number } = applet;
  return [
    ...users,
    ...urls,
    ...(number === undefined ? [] : [{ kind: 'caller-id' as const, at: 'caller_id', number }]),
    ...needsOfPrompt(applet.music, 'music'),
    ...needsOfPrompt(applet.announcement?.prompt, 'announcement.prompt'),
  ];
}

function faultsOf(applet: Connect): Fault[] {
  const faults = (applet.parties ?? []).flatMap((party, index): Fault[] => {
    const given = [party.user_id, party.user_ids, party.number].filter((one) => one !== undefined).length;
    return given === 1
      ? []
      : [{ at: `parties.${index}`, message: 'Give exactly one of user_id, user_ids and number.' }];
  });
  if ((applet.parties === undefined) === (applet.dynamic_url === undefined))
    faults.push({ at: 'parties', message: 'Give the parties, or the dynamic_url that names them.' });
  if (applet.fallback_url !== undefined && applet.dynamic_url === undefined)
    faults.push({ at: 'fallback_url', message: 'It stands in for a dynamic_url, and there is none.' });
  if (applet.dynamic_url !== undefined && applet.strategy !== undefined)
    faults.push({ at: 'strategy', message: 'With a dynamic_url the reply decides (parallel_ringing).' });
  return [
    ...faults,
    ...faultsOfPrompt(applet.music, 'music'),
    ...faultsOfPrompt(applet.announcement?.prompt, 'announcement.prompt'),
  ];
}
