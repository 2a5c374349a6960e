import type { Timer } from '@intermix/kernel';
import Type, { type Static } from 'typebox';
import { readConfig } from '../config/read-config.js';
import type { Bot, BotKind, BotNeed, BotPrompt, BotSession } from '../session/bot.js';
import { BotConfigError } from '../session/bot-config-error.js';

const defaultTimeoutMs = 5_000;
const defaultRetries = 2;

const closed = { additionalProperties: false };
const Key = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', maxLength: 64 });
const Text = Type.String({ minLength: 1, maxLength: 2000, pattern: '^[^\\x00-\\x08\\x0b-\\x1f\\x7f]+$' });
const Prompt = Type.Object(
  {
    text: Type.Optional(Text),
    voice: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    prompt_id: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    url: Type.Optional(Type.String({ minLength: 8, maxLength: 2048 })),
  },
  closed,
);
const Action = Type.Object(
  {
    say: Type.Optional(Prompt),
    menu: Type.Optional(Key),
    transfer: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    hangup: Type.Optional(Type.Literal(true)),
  },
  closed,
);
const Menu = Type.Object(
  {
    prompt: Prompt,
    choices: Type.Record(Type.String({ pattern: '^[0-9*#A-D]$' }), Action, { ...closed, minProperties: 1 }),
    timeout_ms: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 60_000 })),
    retries: Type.Optional(Type.Integer({ minimum: 0, maximum: 10 })),
    invalid: Type.Optional(Prompt),
    on_failure: Type.Optional(Action),
  },
  closed,
);
const IvrConfig = Type.Object(
  { start: Key, menus: Type.Record(Key, Menu, { ...closed, minProperties: 1, maxProperties: 100 }) },
  closed,
);
type IvrConfig = Static<typeof IvrConfig>;
type Menu = Static<typeof Menu>;
type Action = Static<typeof Action>;
type Prompt = Static<typeof Prompt>;

/**
 * A tree of menus. Each says its prompt and waits for a key; a choice says something, leads to another menu, hangs up, or
 * transfers: hangs up too, so that the flow goes on, with the transfer's name in the events of the call.
 */
export const ivr: BotKind<IvrConfig> = {
  name: 'ivr',
  parse(config) {
    const read = readConfig(IvrConfig, config);
    checkTargets(read);
    for (const [at, prompt] of promptsOf(read)) checkPrompt(at, prompt);
    return read;
  },
  needs: (config) => promptsOf(config).flatMap(([at, prompt]) => needOf(at, prompt)),
  start: (config, session) => new IvrBot(config, session),
};

class IvrBot implements Bot {
  readonly #config: IvrConfig;
  readonly #session: BotSession;
  #at = '';
  #failures = 0;
  /** What runs on after it was left finds another number here. */
  #step = 0;
  #timer: Timer | undefined;
  #afterMark: (() => void) | undefined;
  #isChosen = false;

  constructor(config: IvrConfig, session: BotSession) {
    this.#config = config;
    this.#session = session;
    this.#enter(config.start);
  }

  handleAudio(): void {
    // It listens for keys only.
  }

  handleDtmf(digit: string): void {
    if (this.#isChosen) return; // It is on its way out of the menu.
    this.#timer?.cancel();
    this.#session.clear();
    this.#session.transcript('user', digit);
    const action = this.#menu.choices[digit];
    this.#session.note(action ? 'choice' : 'invalid', { menu: this.#at, digit });
    if (action) this.#take(action);
    else this.#failed(this.#menu.invalid);
  }

  handleMark(name: string): void {
    if (name !== String(this.#step)) return;
    const next = this.#afterMark;
    this.#afterMark = undefined;
    next?.();
  }

  close(): void {
    this.#step++;
    this.#timer?.cancel();
  }

  get #menu(): Menu {
    return this.#config.menus[this.#at] as Menu;
  }

  #enter(key: string): void {
    this.#at = key;
    this.#failures = 0;
    this.#session.note('menu', { menu: key });
    this.#ask();
  }

  #ask(first?: Prompt): void {
    this.#isChosen = false;
    this.#say(first ? [first, this.#menu.prompt] : [this.#menu.prompt], () => {
      this.#timer = this.#session.clock.schedule(this.#menu.timeout_ms ?? defaultTimeoutMs, () => {
        this.#session.note('timeout', { menu: this.#at });
        this.#failed(undefined);
      });
    });
  }

  /** Nothing was pressed, or nothing of use. */
  #failed(first: Prompt | undefined): void {
    if (++this.#failures <= (this.#menu.retries ?? defaultRetries)) this.#ask(first);
    else this.#take(this.#menu.on_failure ?? { hangup: true });
  }

  #take({ say, menu, transfer }: Action): void {
    this.#isChosen = true;
    if (transfer !== undefined) this.#session.note('transfer', { to: transfer });
    const goOn = () => {
      if (menu !== undefined) this.#enter(menu);
      else this.#session.close('bot', transfer === undefined ? undefined : `transfer: ${transfer}`);
    };
    if (say === undefined) goOn();
    else this.#say([say], goOn);
  }

  /** Says all of them, then goes on once they were heard. What cannot be said is noted and left out. */
  #say(prompts: readonly Prompt[], then: () => void): void {
    const step = ++this.#step;
    this.#afterMark = undefined;
    void this.#rendered(prompts).then((all) => {
      if (this.#step !== step || this.#session.isOver) return;
      this.#afterMark = then;
      for (const samples of all) this.#session.say(samples);
      this.#session.mark(String(step));
    });
  }

  async #rendered(prompts: readonly Prompt[]): Promise<Int16Array[]> {
    const step = this.#step;
    const all: Int16Array[] = [];
    for (const prompt of prompts) {
      try {
        all.push(await this.#session.render(wishOf(prompt)));
        if (this.#step === step && prompt.text !== undefined) this.#session.transcript('assistant', prompt.text);
      } catch (error) {
        this.#session.note('no-audio', { menu: this.#at, error: error instanceof Error ? error.message : 'unknown' });
      }
    }
    return all;
  }
}

function wishOf({ text = '', voice, prompt_id: promptId, url }: Prompt): BotPrompt {
  if (promptId !== undefined) return { promptId };
  return url === undefined ? { text, voice } : { url };
}

/** All of them with their places. */
function promptsOf({ menus }: IvrConfig): Array<[string, Prompt]> {
  return Object.entries(menus).flatMap(([key, menu]) => {
    const at = `menus.${key}`;
    const said: Array<[string, Prompt | undefined]> = [
      [`${at}.prompt`, menu.prompt],
      ...Object.entries(menu.choices).map(([digit, { say }]): [string, typeof say] => [
        `${at}.choices.${digit}.say`,
        say,
      ]),
      [`${at}.invalid`, menu.invalid],
      [`${at}.on_failure.say`, menu.on_failure?.say],
    ];
    return said.filter((pair): pair is [string, Prompt] => pair[1] !== undefined);
  });
}

function checkPrompt(at: string, { text, prompt_id, url }: Prompt): void {
  const given = [text, prompt_id, url].filter((one) => one !== undefined).length;
  if (given !== 1) throw new BotConfigError(at, `${at}: give exactly one of text, prompt_id and url.`);
}

function checkTargets({ start, menus }: IvrConfig): void {
  if (!Object.hasOwn(menus, start)) throw new BotConfigError('start', `There is no menu "${start}".`);
  for (const [key, menu] of Object.entries(menus)) {
    for (const [digit, action] of Object.entries(menu.choices))
      checkAction(`menus.${key}.choices.${digit}`, action, menus);
    if (menu.on_failure) checkAction(`menus.${key}.on_failure`, menu.on_failure, menus);
  }
}

function checkAction(at: string, { menu, transfer, hangup }: Action, menus: IvrConfig['menus']): void {
  const given = [menu, transfer, hangup].filter((one) => one !== undefined).length;
  if (given !== 1) throw new BotConfigError(at, `${at}: give exactly one of menu, transfer and hangup.`);
  if (menu !== undefined && !Object.hasOwn(menus, menu))
    throw new BotConfigError(`${at}.menu`, `There is no menu "${menu}".`);
}

function needOf(at: string, { prompt_id: promptId, url }: Prompt): BotNeed[] {
  if (promptId !== undefined) return [{ at: `${at}.prompt_id`, kind: 'prompt', promptId }];
  return url === undefined ? [] : [{ at: `${at}.url`, kind: 'url', url }];
}
