import type { ExotelWebClient } from '@intermix/voice-sdk';
import { barOf, type CheckName, checkNames, checkRow, type Finding, findingOf, verdictOf } from './checks.js';
import { byId, create, isBusy, setBusy } from './dom.js';
import { saveText } from './files.js';
import type { Phone } from './phone.js';

/** The diagnostics of the SDK, as Exotel's integration guide (5.13) names them. */
export type Diagnostics = Pick<
  ExotelWebClient,
  | 'initDiagnostics'
  | 'closeDiagnostics'
  | 'startSpeakerDiagnosticsTest'
  | 'stopSpeakerDiagnosticsTest'
  | 'startMicDiagnosticsTest'
  | 'stopMicDiagnosticsTest'
  | 'startNetworkDiagnostics'
  | 'stopNetworkDiagnostics'
  | 'UnRegister'
>;

type Hearing = 'mic' | 'speaker';

const asked: Record<Hearing, { ready: string; start: string; question: string; good: string; bad: Finding }> = {
  mic: {
    ready: 'Not tested yet',
    start: 'Test the microphone',
    question: 'Speak. Does the bar move?',
    good: 'It hears you',
    bad: {
      result: 'bad',
      text: 'It hears nothing',
      cure: 'Choose another microphone under Sound, and look whether it is muted at the device.',
    },
  },
  speaker: {
    ready: 'Not tested yet',
    start: 'Test the speaker',
    question: 'Do you hear it ring?',
    good: 'You hear it',
    bad: {
      result: 'bad',
      text: 'You hear nothing',
      cure: 'Choose another speaker under Sound, and look at its volume.',
    },
  },
};

/** The network's tests take 5 s at most; without a word by then the part was not loaded. */
const LIMIT_MS = 9_000;

/** Runs the SDK's tests and says what they found and what helps. */
export class CheckupPanel {
  readonly #findings = new Map<CheckName, Finding>();
  readonly #levels: Partial<Record<Hearing, HTMLElement>> = {};
  #phone: Phone | undefined;
  #diagnostics: Diagnostics | undefined;
  #testing: Hearing | undefined;
  #report = '';
  #running = false;
  #timer = 0;

  constructor() {
    byId('checkup-run').addEventListener('click', () => void this.#run());
    byId('save-report').addEventListener('click', () => saveText('softphone_report', this.#report));
  }

  use(phone: Phone): void {
    this.#close();
    this.#phone = phone;
    this.#running = false;
    setBusy(byId<HTMLButtonElement>('checkup-run'), false);
    this.#findings.clear();
    this.#draw();
  }

  /** Out of sight nothing is listened to. */
  set shown(shown: boolean) {
    if (!shown) this.#stop();
  }

  async #run(): Promise<void> {
    const button = byId<HTMLButtonElement>('checkup-run');
    if (isBusy(button)) return;
    setBusy(button, true);
    this.#close();
    this.#findings.clear();
    for (const what of ['mic', 'speaker'] as const)
      this.#findings.set(what, { result: 'note', text: asked[what].ready });
    this.#draw();
    try {
      this.#diagnostics = await this.#phone?.diagnostics();
      this.#running = true;
      this.#timer = window.setTimeout(() => this.#finish(), LIMIT_MS);
      this.#diagnostics?.initDiagnostics(
        (_status, text) => this.#reported(text),
        (key, status, description) => this.#found(key, String(status), description),
      );
      this.#diagnostics?.startNetworkDiagnostics();
    } catch {
      this.#diagnostics = undefined;
      this.#finish();
    }
  }

  /** The network is judged; microphone and speaker can still be tested. The registration for the tests is given back. */
  #finish(): void {
    window.clearTimeout(this.#timer);
    this.#running = false;
    setBusy(byId<HTMLButtonElement>('checkup-run'), false);
    this.#diagnostics?.stopNetworkDiagnostics();
    this.#diagnostics?.UnRegister();
    for (const [name, { result }] of this.#findings) {
      if (result === 'waiting') this.#findings.set(name, { result: 'note', text: 'No answer in time' });
    }
    if (!this.#findings.has('wss')) {
      const cure = 'Reload the page and try again.';
      this.#findings.set('wss', { result: 'bad', text: 'The check-up could not be loaded', cure });
    }
    this.#draw();
  }

  #close(): void {
    window.clearTimeout(this.#timer);
    this.#stop();
    this.#diagnostics?.closeDiagnostics();
    this.#diagnostics = undefined;
  }

  #reported(text: string): void {
    this.#report = text;
    byId<HTMLButtonElement>('save-report').disabled = text === '';
  }

  #found(key: string, status: string, description: string): void {
    if (key === 'mic' || key === 'speaker') {
      this.#heard(key, status, description);
      return;
    }
    const finding = findingOf(key, status, String(description));
    const known = this.#findings.get(key as CheckName);
    // One line comes for each candidate: the first that works says all that a person needs.
    if (!finding || !this.#running || (known?.result === 'good' && finding.result !== 'bad')) return;
    this.#findings.set(key as CheckName, finding);
    this.#draw(key as CheckName);
    if (this.#isDone) this.#finish();
  }

  #heard(what: Hearing, level: string, description: string): void {
    if (description.endsWith('error')) {
      this.#stop();
      this.#findings.set(what, asked[what].bad);
      this.#draw();
      return;
    }
    const bar = this.#levels[what];
    if (bar) bar.style.transform = `scaleX(${barOf(Number(level)).toFixed(3)})`;
  }

  #start(what: Hearing): void {
    this.#stop();
    this.#testing = what;
    if (what === 'mic') this.#diagnostics?.startMicDiagnosticsTest();
    else this.#diagnostics?.startSpeakerDiagnosticsTest();
    this.#draw();
    byId('checks').querySelector<HTMLElement>('[data-answer="yes"]')?.focus();
  }

  #answer(what: Hearing, answer: 'yes' | 'no'): void {
    this.#stop(answer);
    this.#findings.set(what, answer === 'yes' ? { result: 'good', text: asked[what].good } : asked[what].bad);
    this.#draw();
    byId('checks').querySelector<HTMLElement>(`[data-check="${what}"] button`)?.focus();
  }

  #stop(answer?: 'yes' | 'no'): void {
    const testing = this.#testing;
    this.#testing = undefined;
    if (testing === 'mic') this.#diagnostics?.stopMicDiagnosticsTest(answer);
    if (testing === 'speaker') this.#diagnostics?.stopSpeakerDiagnosticsTest(answer);
    if (testing && !answer) this.#draw();
  }

  /** Draws all rows, or that one alone: a result that comes in must not take away the button under a finger. */
  #draw(only?: CheckName): void {
    const names = (Object.keys(checkNames) as CheckName[]).filter((name) => this.#findings.has(name));
    const old = only && byId('checks').querySelector(`[data-check="${only}"]`);
    if (old) old.replaceWith(this.#row(only));
    else {
      const drawn = new Map([...byId('checks').children].map((row) => [(row as HTMLElement).dataset.check, row]));
      const rows = names.map((name) => (only && only !== name && drawn.get(name)) || this.#row(name));
      byId('checks').replaceChildren(...rows);
    }
    this.#drawVerdict();
  }

  #row(name: CheckName): HTMLElement {
    const finding = this.#findings.get(name) ?? { result: 'waiting', text: '' };
    return checkRow(name, finding, name === 'mic' || name === 'speaker' ? this.#test(name) : undefined);
  }

  #drawVerdict(): void {
    const verdict = byId('verdict');
    const findings = [...this.#findings.values()];
    verdict.hidden = this.#running || !this.#findings.has('wss');
    if (verdict.hidden) return;
    const { result, text } = verdictOf(findings);
    verdict.dataset.result = result;
    if (verdict.textContent !== text) verdict.textContent = text;
  }

  /** The candidates are gathered last. */
  get #isDone(): boolean {
    const findings = [...this.#findings.values()];
    return this.#findings.has('udp') && !findings.some(({ result }) => result === 'waiting');
  }

  /** Under microphone and speaker: the test, its level, and the question that only a person can answer. */
  #test(what: Hearing): HTMLElement {
    const box = create('div', { class: 'check-more' });
    const button = (text: string, id: string, pressed: () => void) => {
      const made = create(
        'button',
        { type: 'button', class: 'button button-small', 'data-testid': `${what}-${id}` },
        text,
      );
      made.addEventListener('click', pressed);
      return made;
    };
    if (this.#testing !== what) {
      box.append(
        create(
          'div',
          { class: 'buttons' },
          button(asked[what].start, 'test', () => this.#start(what)),
        ),
      );
      return box;
    }
    const level = create('span', { class: 'meter-fill' });
    this.#levels[what] = level;
    const yes = button('Yes', 'yes', () => this.#answer(what, 'yes'));
    yes.dataset.answer = 'yes';
    box.append(
      create('span', { class: 'meter-track', 'aria-hidden': 'true' }, level),
      create('p', { role: 'status' }, asked[what].question),
      create(
        'div',
        { class: 'buttons' },
        yes,
        button('No', 'no', () => this.#answer(what, 'no')),
      ),
    );
    return box;
  }
}
