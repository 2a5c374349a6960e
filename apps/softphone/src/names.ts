import type { VoiceCall } from '@intermix/voice-sdk';
import type { Directory } from './api.js';
import { readable } from './dom.js';
import { simulatedNames } from './words.js';

/** Knows who is behind a number or a user name. */
export class Names {
  readonly #known = new Map<string, string>();
  readonly #people = new Set<string>();

  constructor(directory: Directory) {
    for (const agent of directory.agents) {
      this.#people.add(agent.name);
      this.#known.set(agent.sip_username, agent.name);
      if (agent.phone) this.#known.set(agent.phone, agent.name);
    }
    for (const [kind, number] of Object.entries(directory.simulated_numbers ?? {})) {
      this.#known.set(number, simulatedNames[kind] ?? kind.replace(/_/g, ' '));
    }
  }

  /** Title and second line of a call; `person` is a name that has initials. */
  of(call: VoiceCall): { name: string; detail: string; person: string | undefined } {
    const { user, displayName } = call.remote;
    const known = this.#known.get(user) ?? (displayName ? this.#known.get(displayName) : undefined);
    const name = known ?? displayName ?? user;
    const detail = name === user ? (displayName && displayName !== user ? displayName : '') : user;
    const person = this.#people.has(name) ? name : undefined;
    return { name: readable(name) || 'Unknown caller', detail: readable(detail), person };
  }
}
