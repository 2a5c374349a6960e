import type { Unregistered, VoiceCall } from '@intermix/voice-sdk';
import { type Agent, callMe, type Directory, loadDirectory, ServerRefusal, SignInRequired, signIn } from './api.js';
import { CallCard } from './call-card.js';
import { CallLog } from './call-log.js';
import { fillPad } from './dial-pad.js';
import { announce, byId, create, fillAvatar, isBusy, readable, setBusy, showError } from './dom.js';
import { showIncoming } from './incoming-banner.js';
import { Names } from './names.js';
import { hideNotice, showNotice } from './notice.js';
import { Phone, type PhoneState } from './phone.js';
import { listenForShortcuts } from './shortcuts.js';
import { type Complaint, complaintOf, registrationComplaint, simulatedNames } from './words.js';

const pills: Record<PhoneState, { look: string; text: string; button: string }> = {
  offline: { look: 'offline', text: 'Offline', button: 'Go online' },
  connecting: { look: 'busy', text: 'Connecting…', button: 'Stop' },
  online: { look: 'online', text: 'Online', button: 'Go offline' },
  reconnecting: { look: 'busy', text: 'Reconnecting…', button: 'Go offline' },
  refused: { look: 'refused', text: 'Refused', button: 'Try again' },
};

/** The page once the server has told who its agents are. */
class Softphone {
  readonly #directory: Directory;
  readonly #names: Names;
  readonly #phone: Phone;
  readonly #log: CallLog;
  readonly #cards = new Set<CallCard>();
  readonly #number = byId<HTMLInputElement>('number');
  readonly #agent = byId<HTMLSelectElement>('agent');
  /** What the person asked for while offline. */
  readonly #whenOnline: Array<() => void> = [];

  constructor(directory: Directory) {
    this.#directory = directory;
    this.#names = new Names(directory);
    this.#log = new CallLog((target) => this.#dial(target));
    this.#phone = new Phone(directory.ws_url, {
      stateChanged: (state, told) => this.#stateChanged(state, told),
      callAdded: (call) => this.#callAdded(call),
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
    this.#drawQuick();
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
    fillPad(byId('pad'), (digit) => this.#padPressed(digit), true);
    listenForShortcuts(() => this.#activeCard);
  }

  #chooseAgent(): void {
    const agent = this.#current;
    if (!agent) return;
    this.#phone.use(agent);
    this.#drawPeople(agent);
    const url = new URL(location.href);
    url.searchParams.set('agent', agent.user_id);
    history.replaceState(null, '', url);
  }

  #toggleRegistration(): void {
    const { state } = this.#phone;
    if (state === 'offline' || state === 'refused') this.#phone.goOnline();
    else this.#phone.goOffline();
  }

  #stateChanged(state: PhoneState, told: Unregistered | undefined): void {
    const { look, text, button } = pills[state];
    byId('state').dataset.state = look;
    byId('state-text').textContent = text;
    byId('register').textContent = button;
    byId('register').classList.toggle('button-primary', state === 'offline' || state === 'refused');
    announce(text);
    const complaint = told && registrationComplaint(told);
    if (complaint) showNotice(complaint, told.willRetry ? 'warn' : 'error');
    else hideNotice();
    if (state === 'online') for (const step of this.#whenOnline.splice(0)) step();
    else if (state !== 'connecting') this.#whenOnline.length = 0;
  }

  #callAdded(call: VoiceCall): void {
    if (call.direction === 'incoming') {
      showIncoming(call, this.#names);
      call.once('connected', () => this.#addCard(call));
    } else {
      this.#addCard(call);
    }
    call.on('ended', () => this.#log.add(call, this.#names));
  }

  #addCard(call: VoiceCall): void {
    const card = new CallCard(call, this.#names);
    this.#cards.add(card);
    this.#makeRoom();
    call.on('ended', () => {
      this.#cards.delete(card);
      this.#makeRoom();
    });
  }

  /** During a call the dialler shrinks to one line: the call comes first. */
  #makeRoom(): void {
    byId('dialer').classList.toggle('is-compact', this.#cards.size > 0);
    this.#number.placeholder = this.#cards.size > 0 ? 'Another number' : 'Number or name';
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
    if (this.#phone.state === 'offline' || this.#phone.state === 'refused') this.#phone.goOnline();
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

  #drawQuick(): void {
    const numbers = Object.entries(this.#directory.simulated_numbers ?? {});
    const order = Object.keys(simulatedNames);
    const rank = (kind: string) => (order.includes(kind) ? order.indexOf(kind) : order.length);
    numbers.sort(([a], [b]) => rank(a) - rank(b));
    byId('quick').replaceChildren(
      ...numbers.map(([kind, number]) => {
        const label = create(
          'span',
          {},
          create('b', {}, simulatedNames[kind] ?? kind.replace(/_/g, ' ')),
          create('small', {}, readable(number)),
        );
        const chip = create('button', { type: 'button', class: 'chip', 'data-testid': `quick-${kind}` }, label);
        chip.addEventListener('click', () => this.#dial(number));
        return create('li', {}, chip);
      }),
    );
  }

  #drawPeople(self: Agent): void {
    const others = this.#directory.agents.filter((agent) => agent !== self);
    byId('people').replaceChildren(
      ...others.map((agent) => {
        const avatar = create('span', { class: 'avatar', 'aria-hidden': 'true' });
        fillAvatar(avatar, agent.name);
        const label = create('span', {}, create('b', {}, agent.name), create('small', {}, agent.sip_username));
        const person = create(
          'button',
          { type: 'button', class: 'person', 'aria-label': `Call ${agent.name}` },
          avatar,
          label,
        );
        person.addEventListener('click', () => this.#dial(agent.sip_username));
        return create('li', {}, person);
      }),
    );
  }
}

/** Fetches the agents and shows the page, or what stands in the way. */
async function open(): Promise<void> {
  hideNotice();
  byId('loading').hidden = false;
  try {
    const directory = await loadDirectory();
    byId('sign-in').hidden = true;
    new Softphone(directory).show();
  } catch (error) {
    if (error instanceof SignInRequired) askToSignIn();
    else showNotice(loadComplaint(error), 'error', open);
  } finally {
    byId('loading').hidden = true;
  }
}

function loadComplaint(error: unknown): Complaint {
  if (error instanceof ServerRefusal) return { title: error.message, cure: '' };
  return { title: 'The server did not answer.', cure: 'Check that it runs, then try again.' };
}

function askToSignIn(): void {
  const form = byId<HTMLFormElement>('sign-in');
  const error = byId('sign-in-error');
  form.hidden = false;
  byId('email').focus();
  form.onsubmit = async (event) => {
    event.preventDefault();
    showError(error, undefined);
    try {
      await signIn(byId<HTMLInputElement>('email').value, byId<HTMLInputElement>('password').value);
      await open();
    } catch (cause) {
      showError(error, cause instanceof Error ? cause.message : String(cause));
    }
  };
}

void open();
