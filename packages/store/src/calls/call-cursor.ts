import { StoreError } from '../store-error.js';

/** Where a page of calls ended: the list runs from the newest call to the oldest. */
export interface CallCursor {
  createdAt: Date;
  callSid: string;
}

export function encodeCursor(cursor: CallCursor): string {
  return Buffer.from(`${cursor.createdAt.getTime()}.${cursor.callSid}`, 'utf8').toString('base64url');
}

/** Throws ERR_STORE_CURSOR when the text is none of ours. */
export function decodeCursor(text: string): CallCursor {
  const [, time, callSid] = /^(\d{1,15})\.(.+)$/s.exec(Buffer.from(text, 'base64url').toString('utf8')) ?? [];
  if (time === undefined || callSid === undefined || callSid.includes('\0')) throw StoreError.badCursor();
  return { createdAt: new Date(Number(time)), callSid };
}
