export type * from './ports/call-store.js';
export type * from './ports/directory.js';
