import type { VoiceCall } from '@intermix/voice-sdk';
import { fillPad } from './dial-pad.js';
import { announce, byId, fillAvatar, fromTemplate, showError } from './dom.js';
import { LevelMeter } from './level-meter.js';
import type { Names } from './names.js';
import { clockText, complaintOf, endText, stateText } from './words.js';

/** How long the outcome stays to be read after the call. */
const OUTCOME_MS = 4_000;

/** The card of one call that is up or being placed. */
export class CallCard {
  readonly call: VoiceCall;
  readonly #root: HTMLElement;
  readonly #part: <T extends HTMLElement>(name: string) => T;
  readonly #mic: LevelMeter;
  readonly #far: LevelMeter;
  readonly #name: string;
  readonly #ticker: number;
  readonly #resume: (call: VoiceCall) => Promise<void>;

  /** `resume` goes back to this call from whichever is talked in. */
  constructor(call: VoiceCall, names: Names, resume: (call: VoiceCall) => Promise<void>) {
    this.call = call;
    this.#resume = resume;
    const { root, part } = fromTemplate('call-template');
    this.#root = root;
    this.#part = part;
    this.#mic = new LevelMeter(part('mic'));
    this.#far = new LevelMeter(part('far'));
    const { name, detail, person } = names.of(call);
    this.#name = name;
    part('name').textContent = name;
    part('detail').textContent = detail;
    fillAvatar(root.querySelector('.avatar'), person);
    this.#wire();
    this.#ticker = window.setInterval(() => this.#tick(), 250);
    for (const over of document.querySelectorAll('.call[data-state="ended"]')) over.remove();
    byId('calls').append(root);
    this.#update();
  }

  press(action: 'mute' | 'hold' | 'keypad' | 'hangup' | 'swap'): void {
    this.#part<HTMLButtonElement>(action).click();
  }

  /** How it stands beside the other calls: a held one that waits is one line, and the way back to it is a swap. */
  set beside(others: number) {
    const waits = others > 0 && this.call.held;
    this.#root.classList.toggle('is-waiting', waits);
    this.#part('swap').hidden = !waits;
    this.#part('hold').hidden = waits;
  }

  /** Sends one digit and shows it. */
  dial(digit: string): void {
    if (this.call.state !== 'connected') return;
    this.#part('sent').textContent += digit;
    this.#try(this.call.sendDtmf(digit));
  }

  #wire(): void {
    const { call } = this;
    this.#part('mute').addEventListener('click', () => (call.muted ? call.unmute() : call.mute()));
    this.#part('hold').addEventListener('click', () => this.#try(call.held ? this.#resume(call) : call.hold()));
    this.#part('swap').addEventListener('click', () => this.#try(this.#resume(call)));
    this.#part('keypad').addEventListener('click', () => this.#toggleKeypad());
    this.#part('hangup').addEventListener('click', () => void call.hangup());
    fillPad(this.#part('pad'), (digit) => this.dial(digit));
    for (const event of ['stateChanged', 'muted', 'unmuted', 'held', 'unheld', 'remoteStream'] as const) {
      call.on(event, () => this.#update());
    }
    call.on('remoteHold', (held) => this.#say(held ? 'The other side put you on hold' : 'The other side is back'));
    call.on('reconnecting', () => this.#say('Connection lost, mending it…'));
    call.on('reconnected', () => this.#update());
    call.on('failed', (error) => this.#complain(error));
    call.on('ended', () => this.#ended());
  }

  #toggleKeypad(): void {
    const box = this.#part('pad-box');
    box.hidden = !box.hidden;
    this.#part('keypad').setAttribute('aria-expanded', String(!box.hidden));
    if (!box.hidden) this.#part('pad').querySelector('button')?.focus();
  }

  #update(): void {
    const { call } = this;
    const up = call.state === 'connected';
    this.#root.dataset.state = call.state;
    this.#root.dataset.held = String(call.held);
    this.#press('mute', call.muted, call.muted ? 'Unmute' : 'Mute', call.muted ? 'mic-off' : 'mic');
    this.#press('hold', call.held, call.held ? 'Resume' : 'Hold', call.held ? 'play' : 'pause');
    for (const name of ['mute', 'hold', 'keypad']) this.#part<HTMLButtonElement>(name).disabled = !up;
    this.#part('meters').hidden = !up || call.elsewhere; // The audio of a call in another tab is not ours to measure.
    this.#part('mic-label').textContent = call.muted ? 'Muted' : 'You';
    if (up) {
      this.#mic.follow(call.localStream);
      this.#far.follow(call.remoteStream);
    }
    this.#say(up && call.elsewhere ? 'The sound is in another tab' : stateText(call));
    this.#tick();
  }

  #press(name: string, pressed: boolean, label: string, symbol: string): void {
    const button = this.#part(name);
    button.setAttribute('aria-pressed', String(pressed));
    button.querySelector('span')!.textContent = label;
    button.querySelector('use')!.setAttribute('href', `#i-${symbol}`);
  }

  #say(text: string): void {
    const place = this.#part('state');
    if (place.textContent === text) return;
    place.textContent = text;
    announce(`${this.#name}: ${text}`);
  }

  #tick(): void {
    const { connectedAt, durationMs } = this.call.details();
    this.#part('timer').hidden = connectedAt === undefined;
    this.#part('timer').textContent = clockText(durationMs);
  }

  #try(step: Promise<void>): void {
    showError(this.#part('error'), undefined);
    step.catch((error: unknown) => this.#complain(error));
  }

  #complain(error: unknown): void {
    const { title, cure } = complaintOf(error);
    showError(this.#part('error'), `${title} ${cure}`);
  }

  #ended(): void {
    window.clearInterval(this.#ticker);
    this.#mic.stop();
    this.#far.stop();
    this.#tick();
    const { end, direction } = this.call;
    this.#say(end ? endText(end, direction) : 'Ended');
    for (const name of ['meters', 'pad-box', 'actions']) this.#part(name).hidden = true;
    const hadFocus = this.#root.contains(document.activeElement);
    if (hadFocus) byId('number').focus();
    const failed = !this.#part('error').hidden;
    window.setTimeout(() => this.#root.remove(), failed ? OUTCOME_MS * 2 : OUTCOME_MS);
  }
}
