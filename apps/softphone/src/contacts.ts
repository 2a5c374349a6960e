import type { Agent, Directory } from './api.js';
import { byId, create, fillAvatar, readable } from './dom.js';
import { simulatedNames } from './words.js';

/** Whom one can call without knowing a number: the simulated network, and the other agents. */
export class Contacts {
  readonly #directory: Directory;
  readonly #dial: (target: string) => void;

  constructor(directory: Directory, dial: (target: string) => void) {
    this.#directory = directory;
    this.#dial = dial;
    this.#drawQuick();
  }

  /** Shows the colleagues of this agent. */
  use(self: Agent): void {
    const others = this.#directory.agents.filter((agent) => agent !== self);
    byId('people').replaceChildren(...others.map((agent) => create('li', {}, this.#person(agent))));
  }

  #person(agent: Agent): HTMLElement {
    const avatar = create('span', { class: 'avatar', 'aria-hidden': 'true' });
    fillAvatar(avatar, agent.name);
    const label = create(
      'span',
      { class: 'person-name' },
      create('span', { class: 'hidden-text' }, 'Call '),
      create('b', {}, agent.name),
      ' ',
      create('small', {}, agent.sip_username),
    );
    const person = create('button', { type: 'button', class: 'person' }, avatar, label);
    person.addEventListener('click', () => this.#dial(agent.sip_username));
    return person;
  }

  #drawQuick(): void {
    const numbers = Object.entries(this.#directory.simulated_numbers ?? {});
    const order = Object.keys(simulatedNames);
    const rank = (kind: string) => (order.includes(kind) ? order.indexOf(kind) : order.length);
    numbers.sort(([a], [b]) => rank(a) - rank(b));
    byId('quick').replaceChildren(...numbers.map(([kind, number]) => create('li', {}, this.#chip(kind, number))));
  }

  #chip(kind: string, number: string): HTMLElement {
    const name = simulatedNames[kind] ?? kind.replace(/_/g, ' ');
    const label = create('span', {}, create('b', {}, name), create('small', {}, readable(number)));
    const chip = create('button', { type: 'button', class: 'chip', 'data-testid': `quick-${kind}` }, label);
    chip.addEventListener('click', () => this.#dial(number));
    return chip;
  }
}
