export type * from './ports/app-notifications.js';
export type * from './ports/delivery-log.js';
export type * from './ports/event-feed.js';
export type * from './ports/notice.js';
export type * from './ports/outbox.js';
export type * from './ports/signing-secrets.js';
