import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@intermix/kernel';
import { extensionOf } from '../files/recording-file.js';
import type { Recording } from '../ports/recording-store.js';

/** Of a signed URL, minutes. */
export const urlValidity = { least: 5, most: 60 } as const;

export interface UrlSignature {
  accountSid: string;
  recordingSid: string;
  /** Seconds since 1970, as the URL has it. */
  expires: string;
  signature: string;
}

type Named = Pick<Recording, 'accountSid' | 'recordingSid' | 'format'>;

/** Addresses of recordings: plain ones, for which the account's key pair is asked, and signed ones, which anybody may use for a while. */
export class RecordingUrls {
  readonly #baseUrl: string;
  readonly #key: Uint8Array;
  readonly #clock: Clock;

  /** `key`: at least 32 octets; who has it can sign. */
  constructor(deps: { baseUrl: string; key: Uint8Array; clock: Clock }) {
    this.#baseUrl = deps.baseUrl;
    this.#key = deps.key;
    this.#clock = deps.clock;
  }

  plain({ accountSid, recordingSid, format }: Named): string {
    const account = encodeURIComponent(accountSid);
    return `${this.#baseUrl}/v1/Accounts/${account}/Recordings/${recordingSid}.${extensionOf(format)}`;
  }

  /** Good for so many minutes; fewer than 5 are taken for 5, more than 60 for 60. */
  signed(recording: Named, minutes: number): string {
    const lifetimeSec = Math.min(Math.max(minutes, urlValidity.least), urlValidity.most) * 60;
    const expires = String(Math.floor(this.#clock.now() / 1000) + Math.floor(lifetimeSec));
    return `${this.plain(recording)}?expires=${expires}&signature=${this.#sign(recording, expires)}`;
  }

  /** `expired` only where the signature itself is right. */
  check({ accountSid, recordingSid, expires, signature }: UrlSignature): 'valid' | 'expired' | 'wrong' {
    const expected = Buffer.from(this.#sign({ accountSid, recordingSid }, expires));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'wrong';
    return Number(expires) * 1000 > this.#clock.now() ? 'valid' : 'expired';
  }

  #sign({ accountSid, recordingSid }: Pick<Named, 'accountSid' | 'recordingSid'>, expires: string): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([accountSid, recordingSid, expires]))
      .digest('hex');
  }
}
