import type { CallDetails, CallEnd, CallSnapshot } from '../call/call-types.js';
import type { CallServices, VoiceCall } from '../call/voice-call.js';
import { VoiceError } from '../errors.js';
import type { CallStep } from './messages.js';

/** A call whose audio is in another tab: its state is that tab's, and its steps are taken there. */
export type MirroredCall = VoiceCall & {
  /** Tab that holds the audio; another one after that has taken the call up. */
  owner: string;
  /** What this tab needs to go on with the call when the owner is gone. */
  kept: CallSnapshot | undefined;
  /** The newest word of the owner. */
  update(details: CallDetails): void;
  /** The owner is gone. */
  lost(): void;
  /** Goes on as a call of this tab. */
  takenUp(): void;
};

/** Asks the owner for a step; rejects with the VoiceError that it met there. */
export type Ask = (owner: string, callId: string, step: CallStep, digits?: string) => Promise<void>;

export interface MirrorSeed {
  owner: string;
  details: CallDetails;
}

/** Gives the function that makes mirrored calls. `Base` is given because a part holds no copy of the SDK's classes. */
export function mirrorMaker(Base: typeof VoiceCall, services: CallServices, ask: Ask) {
  class Mirrored extends Base {
    owner: string;
    kept: CallSnapshot | undefined;
    readonly direction: CallDetails['direction'];
    readonly callId: string;
    readonly remote: CallDetails['remote'];
    #details: CallDetails;

    constructor({ owner, details }: MirrorSeed) {
      super(services, details.state);
      this.owner = owner;
      this.direction = details.direction;
      this.callId = details.callId;
      this.remote = details.remote;
      this.#details = details;
    }

    override get elsewhere(): boolean {
      return true;
    }

    override get muted(): boolean {
      return this.#details.muted;
    }

    override get held(): boolean {
      return this.#details.held;
    }

    override details(): CallDetails {
      const { connectedAt, endedAt } = this.#details;
      const until = endedAt ?? services.platform.clock.now();
      const durationMs = connectedAt === undefined ? 0 : Math.max(0, until - connectedAt);
      return { ...this.#details, state: this.state, end: this.end, durationMs };
    }

    update(details: CallDetails): void {
      const before = this.#details;
      this.#details = details;
      if (details.muted !== before.muted) this.emit(details.muted ? 'muted' : 'unmuted');
      if (details.held !== before.held) this.emit(details.held ? 'held' : 'unheld');
      if (details.state === 'ended') {
        this.finish(details.end ?? { reason: 'failed', by: 'local' });
        return;
      }
      const wasConnected = this.state === 'connected';
      this.setState(details.state);
      if (!wasConnected && details.state === 'connected') this.emit('connected');
    }

    lost(): void {
      const end: CallEnd = { reason: 'connection-lost', by: 'local', text: 'the tab with the audio is gone' };
      this.finish(end);
    }

    takenUp(): void {
      this.finish({ reason: 'handed-over', by: 'local' });
    }

    async answer(): Promise<void> {
      throw new VoiceError('wrong-state', 'the call is held in another tab');
    }

    reject(): void {
      this.hangup().catch(() => {});
    }

    override async hangup(): Promise<void> {
      if (this.state !== 'ended') await this.#ask('hangup');
    }

    override mute(): void {
      this.#ask('mute').catch(() => {});
    }

    override unmute(): void {
      this.#ask('unmute').catch(() => {});
    }

    override hold(): Promise<void> {
      return this.#ask('hold');
    }

    override unhold(): Promise<void> {
      return this.#ask('unhold');
    }

    override sendDtmf(text: string): Promise<void> {
      return this.#ask('sendDtmf', text);
    }

    protected giveUp(): void {}

    /** The connection of this tab is not what the call lives by. */
    protected flowLostBeforeAnswer(): void {}

    async #ask(step: CallStep, digits?: string): Promise<void> {
      if (this.state === 'ended') throw new VoiceError('call-ended', 'the call is over');
      await ask(this.owner, this.callId, step, digits);
    }
  }
  return (seed: MirrorSeed): MirroredCall => new Mirrored(seed);
}
