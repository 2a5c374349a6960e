/** The element with the id; the page's HTML and this script go together, so a missing one is a programming error. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element as T;
}

/** A copy of a template and its named parts. */
export function fromTemplate(id: string): { root: HTMLElement; part: <T extends HTMLElement>(name: string) => T } {
  const root = byId<HTMLTemplateElement>(id).content.firstElementChild?.cloneNode(true) as HTMLElement;
  return {
    root,
    part: <T extends HTMLElement>(name: string) => {
      const element = root.querySelector<T>(`[data-part="${name}"]`);
      if (!element) throw new Error(`template #${id} has no part "${name}"`);
      return element;
    },
  };
}

export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: Array<Node | string>
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Shows a message, or hides the place for it. */
export function showError(element: HTMLElement, text: string | undefined): void {
  element.hidden = text === undefined;
  element.textContent = text ?? '';
}

/** A button that is at work: it keeps the focus and says so, and a second press does nothing. */
export function setBusy(button: HTMLButtonElement, busy: boolean): void {
  button.ariaBusy = String(busy);
  button.ariaDisabled = String(busy);
}

/** True while the button is at work. */
export function isBusy(button: HTMLButtonElement): boolean {
  return button.ariaDisabled === 'true';
}

/** Says something to people who listen to the page. */
export function announce(text: string, urgent = false): void {
  byId(urgent ? 'announcer-urgent' : 'announcer').textContent = text;
}

/** Up to two letters of a person's name into an avatar, or a figure where no name is known. */
export function fillAvatar(avatar: Element | null, person: string | undefined): void {
  avatar?.replaceChildren(person ? initials(person) : icon('person'));
}

function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  return words
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase() ?? '')
    .join('');
}

/** An Indian number in its usual groups, `+91 98765 43210`; anything else as it is. */
export function readable(number: string): string {
  return number.replace(/^(\+91)(\d{5})(\d{5})$/, '$1 $2 $3');
}
