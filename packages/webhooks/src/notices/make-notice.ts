import { createHash } from 'node:crypto';
import { hostPortOf } from '@intermix/outbound';
import type { AppNotificationSettings } from '../ports/app-notifications.js';
import type { Notice, NoticeDelivery } from '../ports/notice.js';
import { type AppIdentity, camelBody } from './camel-body.js';
import type { CallerInfo, Happening, KnownCall } from './happening.js';
import { formatOf, receiverOf } from './receiver.js';
import { snakeBody } from './snake-body.js';

/** What is known of the app; without settings it has no receiver. */
export interface AppFacts {
  settings: AppNotificationSettings | undefined;
  identity: AppIdentity | undefined;
}

/** An event of a call with an app; while nothing is known of the app, for the feed alone. Made again of the same call, it has the same ids: a repeated write adds nothing. */
export function makeNotice(
  happening: Happening,
  known: KnownCall & { appId: string },
  app: AppFacts | undefined,
  caller?: CallerInfo,
): Notice {
  const { call, appId } = known;
  const eventId = stableId('evt_', call.callSid, happening.type, subjectOf(happening));
  const payload = JSON.stringify(snakeBody(happening, known, caller));
  const settings = app?.settings;
  const url = settings && receiverOf(happening.type, call.direction, settings);
  const isCamel = settings !== undefined && formatOf(settings) === 'camel';
  const body = isCamel && app?.identity ? JSON.stringify(camelBody(happening, known, app.identity)) : payload;
  return {
    eventId,
    accountSid: call.accountSid,
    appId,
    callSid: call.callSid,
    type: happening.type,
    at: happening.at,
    payload,
    delivery: url === undefined ? undefined : deliveryOf(eventId, url, body),
  };
}

/** What an event of this type can come of more than once in a call. */
function subjectOf(happening: Happening): string {
  if (happening.type === 'incoming_call') return happening.userId;
  return 'recordingSid' in happening ? happening.recordingSid : '';
}

/** The delivery of an event to a URL, before any replay. */
export function deliveryOf(eventId: string, url: string, body: string): NoticeDelivery {
  return { deliveryId: stableId('dlv_', eventId, url), url, host: hostPortOf(url) ?? 'unusable', body };
}

/** 128 bits that depend on the parts alone. */
export function stableId(prefix: 'evt_' | 'dlv_', ...parts: string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts), 'utf8').digest('hex');
  return prefix + digest.slice(0, 32);
}
