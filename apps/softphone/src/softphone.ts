import type { Unregistered, VoiceCall } from '@intermix/voice-sdk';
import { type Agent, callMe, type Directory } from './api.js';
import { CallCard } from './call-card.js';
import { CallHistory } from './call-history.js';
import { CheckupPanel } from './checkup-panel.js';
import { Contacts } from './contacts.js';
import { fillPad } from './dial-pad.js';
import { announce, byId, create, isBusy, setBusy, showError } from './dom.js';
import { showIncoming } from './incoming-banner.js';
import { Names } from './names.js';
import { hideNotice, showNotice } from './notice.js';
import { createLog, Phone, type PhoneState } from './phone.js';
import { listenForShortcuts } from './shortcuts.js';
import { SoundPanel } from './sound-panel.js';
import { Tabs } from './tabs.js';
import { complaintOf, registrationComplaint } from './words.js';

const pills: Record<PhoneState, { look: string; text: string; button: string }> = {
  offline: { look: 'offline', text: 'Offline', button: 'Go online' },
  connecting: { look: 'busy', text: 'Connecting…', button: 'Stop' },
  online: { look: 'online', text: 'Online', button: 'Go offline' },
  reconnecting: { look: 'busy', text: 'Reconnecting…', button: 'Go offline' },
  refused: { look: 'refused', text: 'Refused', button: 'Try again' },
};

/** Where another tab of this browser keeps the connection. */
const follower = { ...pills.online, look: 'follows', text: 'Online, shared' };

/** The page once the server has told who its agents are. */
export class Softphone {
  readonly #directory: Directory;
  readonly #names: Names;
  /** The SDK's own, which outlives the page. */
  readonly #log = createLog();
  readonly #phone: Phone;
  readonly #history = new CallHistory((target) => this.#dial(target));
  readonly #contacts: Contacts;
  readonly #sound = new SoundPanel();
  readonly #checkup = new CheckupPanel();
  readonly #cards = new Set<CallCard>();
  readonly #number = byId<HTMLInputElement>('number');
  readonly #agent = byId<HTMLSelectElement>('agent');
  /** What the person asked for while offline. */
  readonly #whenOnline: Array<() => void> = [];

  constructor(directory: Directory) {
    this.#directory = directory;
    this.#names = new Names(directory);
    this.#contacts = new Contacts(directory, (target) => this.#dial(target));
    this.#phone = new Phone(directory.ws_url, this.#log, {
      stateChanged: (state, told) => this.#stateChanged(state, told),
      callAdded: (call) => this.#callAdded(call),
      callResumed: () =>
        showNotice({ title: 'The call goes on here.', cure: 'It outlived a reload, or another tab.' }, 'info'),
      roleChanged: () => this.#showState(),
      soundBlocked: () =>
        showNotice(
          { title: 'The browser keeps this page silent.', cure: 'Click anywhere on the page to hear calls.' },
          'warn',
        ),
    });
  }

  show(): void {
    const wanted = new URLSearchParams(location.search);
    this.#agent.replaceChildren(...this.#directory.agents.map((a) => create('option', { value: a.user_id }, a.name)));
    const asked = this.#directory.agents.find((agent) => agent.user_id === wanted.get('agent'));
    if (asked) this.#agent.value = asked.user_id;
    this.#wire();
    for (const id of ['session', 'phone', 'side']) byId(id).hidden = false;
    this.#chooseAgent();
    if (wanted.get('register') === '1') this.#phone.goOnline();
  }

  get #current(): Agent | undefined {
    return this.#directory.agents.find((agent) => agent.user_id === this.#agent.value);
  }

  get #activeCard(): CallCard | undefined {
    const cards = [...this.#cards];
    return cards.find((card) => card.call.state === 'connected' && !card.call.held) ?? cards.at(-1);
  }

  get #waitingCard(): CallCard | undefined {
    return this.#cards.size > 1 ? [...this.#cards].find((card) => card.call.held) : undefined;
  }

  #wire(): void {
    this.#agent.addEventListener('change', () => this.#chooseAgent());
    byId('register').addEventListener('click', () => this.#toggleRegistration());
    byId('dialer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#dial(this.#number.value);
    });
    this.#number.addEventListener('input', () => this.#numberChanged());
    byId('erase').addEventListener('click', () => {
      this.#number.value = this.#number.value.slice(0, -1);
      this.#numberChanged();
      this.#number.focus();
    });
    byId('call-me').addEventListener('click', () => this.#online(() => void this.#callMe()));
    byId('save-log').addEventListener('click', () => void this.#log.download());
    fillPad(byId('pad'), (digit) => this.#padPressed(digit), true);
    listenForShortcuts(
      () => this.#activeCard,
      () => this.#waitingCard,
    );
    new Tabs((name) => {
      this.#history.shown = name === 'history';
      this.#sound.shown = name === 'sound';
      this.#checkup.shown = name === 'checkup';
    });
  }

  #chooseAgent(): void {
    const agent = this.#current;
    if (!agent) return;
    this.#phone.use(agent);
    this.#contacts.use(agent);
    this.#history.use(agent.user_id);
    this.#sound.use(this.#phone);
    this.#checkup.use(this.#phone);
    remember('agent', agent.user_id);
  }

  #toggleRegistration(): void {
    const { state } = this.#phone;
    if (state === 'offline' || state === 'refused') this.#goOnline();
    else {
      remember('register', undefined);
      this.#phone.goOffline();
    }
  }

  /** A reload of the page is online again, and goes on with its call. */
  #goOnline(): void {
    remember('register', '1');
    this.#phone.goOnline();
  }

  #stateChanged(state: PhoneState, told: Unregistered | undefined): void {
    const text = this.#showState();
    byId('register').classList.toggle('button-primary', state === 'offline' || state === 'refused');
    announce(text);
    const complaint = told && registrationComplaint(told);
    if (complaint) showNotice(complaint, told.willRetry ? 'warn' : 'error');
    else hideNotice();
    if (state === 'online') for (const step of this.#whenOnline.splice(0)) step();
    else if (state !== 'connecting') this.#whenOnline.length = 0;
  }

  /** Gives what the pill says. */
  #showState(): string {
    const { state, follows } = this.#phone;
    const { look, text, button } = state === 'online' && follows ? follower : pills[state];
    const pill = byId('state');
    pill.dataset.state = look;
    pill.title = look === 'follows' ? 'Another tab of this browser keeps the connection. Calls ring in both.' : '';
    byId('state-text').textContent = text;
    byId('register').textContent = button;
    return text;
  }

  #callAdded(call: VoiceCall): void {
    if (call.direction === 'incoming' && call.state === 'ringing') {
      showIncoming(call, this.#names, this.#cards.size > 0);
      call.once('connected', () => this.#addCard(call));
    } else {
      this.#addCard(call);
    }
    call.on('ended', () => this.#history.add(call, this.#names));
  }

  #addCard(call: VoiceCall): void {
    const card = new CallCard(call, this.#names, (held) => this.#phone.resume(held));
    this.#cards.add(card);
    this.#makeRoom();
    for (const event of ['held', 'unheld'] as const) call.on(event, () => this.#makeRoom());
    call.on('ended', () => {
      this.#cards.delete(card);
      card.beside = 0;
      this.#makeRoom();
    });
  }

  /** During a call the dialler shrinks to one line, as a held call beside another does: the call comes first. */
  #makeRoom(): void {
    byId('dialer').classList.toggle('is-compact', this.#cards.size > 0);
    this.#number.placeholder = this.#cards.size > 0 ? 'Another number' : 'Number or name';
    for (const card of this.#cards) card.beside = this.#cards.size - 1;
  }

  #padPressed(digit: string): void {
    this.#number.value += digit;
    this.#numberChanged();
  }

  #numberChanged(): void {
    this.#number.classList.toggle('is-long', this.#number.value.length > 17);
    byId('erase').hidden = this.#number.value === '';
    showError(byId('dial-error'), undefined);
  }

  #dial(target: string): void {
    const error = byId('dial-error');
    showError(error, undefined);
    if (target.trim() === '') {
      this.#number.focus();
      return;
    }
    this.#online(() => {
      try {
        this.#phone.call(target);
        this.#number.value = '';
        this.#numberChanged();
      } catch (cause) {
        const { title, cure } = complaintOf(cause);
        showError(error, `${title} ${cure}`);
      }
    });
  }

  /** Runs the step now, or after going online: a call is a clear enough wish to be online. */
  #online(step: () => void): void {
    if (this.#phone.state === 'online') {
      step();
      return;
    }
    this.#whenOnline.splice(0, 1, step); // The newest wish replaces an older one.
    if (this.#phone.state === 'offline' || this.#phone.state === 'refused') this.#goOnline();
  }

  async #callMe(): Promise<void> {
    const agent = this.#current;
    const button = byId<HTMLButtonElement>('call-me');
    const error = byId('call-me-error');
    if (!agent || isBusy(button)) return;
    showError(error, undefined);
    setBusy(button, true);
    try {
      await callMe(agent.user_id);
      announce('The simulated network is calling you.');
    } catch (cause) {
      showError(
        error,
        cause instanceof Error && cause.message ? cause.message : 'The server did not answer. Check that it runs.',
      );
    } finally {
      setBusy(button, false);
    }
  }
}

/** Keeps a choice in the page's address, where a reload and a bookmark find it. */
function remember(name: 'agent' | 'register', value: string | undefined): void {
  const url = new URL(location.href);
  if (value === undefined) url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  history.replaceState(null, '', url);
}
