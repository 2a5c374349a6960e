import { samplesOf } from '@intermix/streaming';
import { createResampler, type Resampler } from '@intermix/streaming/media-child';
import type { BotSession } from '../../session/bot.js';
import { providerRateHz } from './provider-request.js';

/** The stream protocol's step, of which every message is a multiple: whole steps are never filled up with silence. */
const stepSamples = 160;
/** What the resampler holds back: three milliseconds. */
const tail = new Int16Array((providerRateHz * 3) / 1000);
/** A mark that is told later than this is one that the far end never told: it says nothing of where the item began. */
const latestMarkMs = 2_000;

/** One item of the provider's speech on its way to the caller, and how much of it has been heard. */
export class SpokenItem {
  readonly itemId: string;
  readonly contentIndex: number;
  readonly responseId: string;
  readonly #session: BotSession;
  readonly #resampler: Resampler;
  /** Milliseconds: came from the provider. */
  #receivedMs = 0;
  /** The place of its first sample in what the session has played. */
  #startsAtMs: number | undefined;
  #rest: Int16Array = new Int16Array(0);
  #odd: Buffer = Buffer.alloc(0);
  #isDone = false;
  words = '';
  hasAllWords = false;
  isHeard = false;
  /** When its first sample was heard, or is to be: as `BotSession.elapsedMs`. */
  heardFromMs = 0;

  constructor(deps: { session: BotSession; itemId: string; contentIndex: number; responseId: string }) {
    this.#session = deps.session;
    this.itemId = deps.itemId;
    this.contentIndex = deps.contentIndex;
    this.responseId = deps.responseId;
    this.#resampler = createResampler(providerRateHz, deps.session.facts.sampleRate);
  }

  get hasAudio(): boolean {
    return this.#receivedMs > 0;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Milliseconds of it that the caller has heard; never more than there is. */
  get heardMs(): number {
    if (this.#startsAtMs === undefined) return 0;
    return Math.floor(Math.max(0, Math.min(this.#receivedMs, this.#session.playedMs - this.#startsAtMs)));
  }

  /** 24 kHz; a sample may be cut in two between pieces. */
  say(audio: Buffer): void {
    const octets = this.#odd.length > 0 ? Buffer.concat([this.#odd, audio]) : audio;
    const whole = octets.length - (octets.length % 2);
    this.#odd = Buffer.from(octets.subarray(whole));
    if (whole === 0 || this.#isDone) return;
    this.#receivedMs += whole / 2 / (providerRateHz / 1000);
    this.#out(this.#resampler.push(samplesOf(octets.subarray(0, whole))), false);
  }

  /** There is no more of it. */
  finish(): void {
    if (this.#isDone) return;
    if (this.hasAudio) this.#out(this.#resampler.push(tail), true);
    this.close();
  }

  /** The far end is where the item begins. */
  begun(): void {
    const { playedMs, elapsedMs } = this.#session;
    if (this.#startsAtMs === undefined || playedMs - this.#startsAtMs > latestMarkMs) return;
    this.#startsAtMs = playedMs;
    this.heardFromMs = elapsedMs;
  }

  /** What of its words was heard, by the share of the audio: nobody tells it better. */
  get heardWords(): string {
    return heardPart(this.words, this.isHeard ? 1 : this.heardMs / Math.max(1, this.#receivedMs));
  }

  close(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#resampler.close();
  }

  #out(samples: Int16Array, isLast: boolean): void {
    const all = new Int16Array(this.#rest.length + samples.length);
    all.set(this.#rest);
    all.set(samples, this.#rest.length);
    const whole = isLast ? all.length : all.length - (all.length % stepSamples);
    this.#rest = all.slice(whole);
    if (whole === 0) return;
    if (this.#startsAtMs === undefined) this.#begin();
    this.#session.say(all.subarray(0, whole));
  }

  #begin(): void {
    const { playedMs, queuedMs, elapsedMs } = this.#session;
    this.#startsAtMs = playedMs + queuedMs;
    this.heardFromMs = elapsedMs + queuedMs;
  }
}

/** Of words, those before a share of their time was over; whole ones. */
export function heardPart(words: string, share: number): string {
  if (share >= 1) return words.trim();
  const cut = words
    .slice(0, Math.floor(words.length * share))
    .replace(/\S*$/, '')
    .trim();
  return cut === '' ? '' : `${cut} …`;
}
