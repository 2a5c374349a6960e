import type { ToneName, TonePlayer } from '../audio/tones.js';
import type { VoiceCall } from '../call/voice-call.js';

/** Which tone the person should hear, given all calls of the page. */
export function toneFor(calls: Iterable<VoiceCall>): ToneName | undefined {
  let ringsHere = false;
  let ringsThere = false;
  let talking = false;
  for (const call of calls) {
    if (call.direction === 'incoming' && call.state === 'ringing') ringsHere = true;
    else if (call.direction === 'outgoing' && call.state === 'ringing') ringsThere = true;
    else if (call.state !== 'ended') talking = true;
  }
  if (ringsHere) return talking || ringsThere ? 'waiting' : 'ring';
  return ringsThere ? 'ringback' : undefined;
}

/** Keeps the tone in step with the calls. */
export class ToneDirector {
  readonly #player: TonePlayer;
  readonly #calls: ReadonlySet<VoiceCall>;
  #enabled = true;

  constructor(player: TonePlayer, calls: ReadonlySet<VoiceCall>) {
    this.#player = player;
    this.#calls = calls;
  }

  set enabled(enabled: boolean) {
    this.#enabled = enabled;
    this.update();
  }

  update(): void {
    this.#player.play(this.#enabled ? toneFor(this.#calls) : undefined);
  }
}
