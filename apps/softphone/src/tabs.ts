import { byId } from './dom.js';

export type TabName = 'contacts' | 'history' | 'sound' | 'checkup' | 'keys';

const names: readonly TabName[] = ['contacts', 'history', 'sound', 'checkup', 'keys'];

/** The tabs of the side, worked as ARIA describes: one stop for Tab, arrows between them. */
export class Tabs {
  readonly #shown: (name: TabName) => void;
  #current: TabName = 'contacts';

  /** `shown` hears of each tab that comes to the front. */
  constructor(shown: (name: TabName) => void) {
    this.#shown = shown;
    for (const name of names) byId(`tab-${name}`).addEventListener('click', () => this.show(name));
    byId('tabs').addEventListener('keydown', (event) => this.#keyPressed(event));
  }

  get current(): TabName {
    return this.#current;
  }

  show(name: TabName): void {
    this.#current = name;
    for (const other of names) {
      const tab = byId(`tab-${other}`);
      tab.setAttribute('aria-selected', String(other === name));
      tab.tabIndex = other === name ? 0 : -1;
      byId(`panel-${other}`).hidden = other !== name;
    }
    this.#shown(name);
  }

  #keyPressed(event: KeyboardEvent): void {
    const at = names.indexOf(this.#current);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
    const name = to === undefined ? undefined : names[(to + names.length) % names.length];
    if (!name) return;
    event.preventDefault();
    this.show(name);
    byId(`tab-${name}`).focus();
  }
}
