import type { Timer } from '@intermix/kernel';
import type { AudioRoute } from '../audio/audio-route.js';
import type { CallEndReason } from '../call/call-types.js';
import type { VoiceCall } from '../call/voice-call.js';
import type { Platform } from '../platform.js';
import { digitTone } from './digit-tones.js';
import { type NationalTone, nationalTone } from './national-tones.js';
import { TonePlayer } from './tone-player.js';

export interface SoundsDeps {
  platform: Platform;
  /** Through which speaker. */
  route: AudioRoute;
  /** All calls of the client that are not over. */
  calls: ReadonlySet<VoiceCall>;
  /** ISO 3166 code of the country whose tones are played; India's unless given. */
  country?: string;
  /** The browser wants a click or a key before it plays. */
  blocked: () => void;
}

const gains: Record<NationalTone, number> = { ring: 0.32, ringback: 0.16, busy: 0.16, congestion: 0.16, waiting: 0.05 };
const DIGIT_GAIN = 0.1;
/** A comma among digits is a pause of this length; each other digit takes the length of its tone. */
const PAUSE_MS = 2000;
const DIGIT_MS = 230;
/** How long busy and congestion are heard when an outgoing call came to nothing. */
const END_TONE_MS = 4000;

const endTones: { [reason in CallEndReason]?: NationalTone } = {
  busy: 'busy',
  declined: 'busy',
  'no-answer': 'congestion',
  'unknown-number': 'congestion',
  forbidden: 'congestion',
  failed: 'congestion',
  'connection-lost': 'congestion',
};

/** What a person hears of the phone itself: it rings, knocks, waits for the far end, says that nobody came. */
export class Sounds {
  readonly #deps: SoundsDeps;
  readonly #player: TonePlayer;
  #playing: NationalTone | undefined;
  #ending: { tone: NationalTone; timer: Timer } | undefined;

  constructor(deps: SoundsDeps) {
    this.#deps = deps;
    this.#player = new TonePlayer(deps.platform, deps.route, deps.blocked);
  }

  /** Looks at the calls again: to be called at each change of one. */
  update(): void {
    const wanted = toneFor(this.#deps.calls);
    if (this.#deps.calls.size > 0) this.#endTone(undefined);
    this.#play(wanted ?? this.#ending?.tone);
  }

  /** A call is over: an outgoing one that nobody took is heard to be. */
  ended(call: VoiceCall): void {
    const tone = call.end && call.details().connectedAt === undefined ? endTones[call.end.reason] : undefined;
    if (tone && call.direction === 'outgoing' && this.#deps.calls.size === 0) this.#endTone(tone);
    this.update();
  }

  /** Feedback for digits that are being sent. */
  digits(digits: string): void {
    let delayMs = 0;
    for (const digit of digits) {
      const tone = digitTone(digit);
      if (tone) this.#player.playOnce(tone, DIGIT_GAIN, delayMs);
      delayMs += tone ? DIGIT_MS : PAUSE_MS;
    }
  }

  close(): void {
    this.#endTone(undefined);
    this.#player.close();
  }

  #endTone(tone: NationalTone | undefined): void {
    this.#ending?.timer.cancel();
    this.#ending = tone && {
      tone,
      timer: this.#deps.platform.clock.schedule(END_TONE_MS, () => {
        this.#ending = undefined;
        this.update();
      }),
    };
  }

  #play(name: NationalTone | undefined): void {
    if (this.#playing === name) return;
    this.#playing = name;
    this.#player.play(name && nationalTone(name, this.#deps.country), name ? gains[name] : 0);
  }
}

/** Which tone the person should hear, given all calls of the client. */
export function toneFor(calls: Iterable<VoiceCall>): NationalTone | undefined {
  let ringsHere = false;
  let ringsThere = false;
  let talking = false;
  for (const call of calls) {
    if (call.direction === 'incoming' && call.state === 'ringing') ringsHere ||= !call.quiet;
    else if (call.direction === 'outgoing' && call.state === 'ringing') ringsThere = true;
    else if (call.state !== 'ended') talking = true;
  }
  if (ringsHere) return talking || ringsThere ? 'waiting' : 'ring';
  return ringsThere ? 'ringback' : undefined;
}
