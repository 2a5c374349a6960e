import Type, { type Static } from 'typebox';
import { DigitPattern } from '../document/digit-pattern.js';
import { AppletKey, closed, Digits, Prompt } from '../document/fields.js';
import { faultsOfPrompt, needsOfPrompt } from '../document/prompt-spec.js';
import type { AppletKind, Exit, Fault } from './applet-kind.js';

const Branches = Type.Union([
  Type.Record(Type.String({ pattern: '^[0-9*#A-D]{1,32}$' }), AppletKey, { maxProperties: 64 }),
  Type.Array(
    Type.Object(
      {
        digits: Type.Optional(Digits),
        pattern: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
        next: AppletKey,
      },
      closed,
    ),
    { maxItems: 64 },
  ),
]);

const schema = Type.Object(
  {
    type: Type.Literal('gather'),
    prompt: Type.Optional(Prompt),
    invalid_prompt: Type.Optional(Prompt),
    min_digits: Type.Optional(Type.Integer({ minimum: 1, maximum: 32 })),
    max_digits: Type.Optional(Type.Integer({ minimum: 1, maximum: 32 })),
    finish_on_key: Type.Optional(
      Type.String({ pattern: '^[0-9*#]?$', maxLength: 1, description: 'a key, or "" for none' }),
    ),
    timeout_ms: Type.Optional(Type.Integer({ minimum: 500, maximum: 60_000 })),
    inter_digit_timeout_ms: Type.Optional(Type.Integer({ minimum: 200, maximum: 30_000 })),
    retries: Type.Optional(Type.Integer({ minimum: 0, maximum: 10 })),
    sensitive: Type.Optional(
      Type.Boolean({ description: 'Whether the call’s record keeps only how many digits there were; default false' }),
    ),
    branches: Type.Optional(Branches),
    on_timeout: Type.Optional(AppletKey),
    on_invalid: Type.Optional(AppletKey),
    next: Type.Optional(AppletKey),
  },
  closed,
);
type Gather = Static<typeof schema>;

/** One branch: which digits, and where to. */
interface Branch {
  at: string;
  digits?: string | undefined;
  pattern?: string | undefined;
  next: string;
}

function branchesOf({ branches = [] }: Gather): Branch[] {
  if (Array.isArray(branches)) return branches.map((branch, index) => ({ ...branch, at: `branches.${index}` }));
  return Object.entries(branches).map(([digits, next]) => ({ at: `branches.${digits}`, digits, next }));
}

/** Where these digits lead; undefined: nowhere, they are invalid. Without branches every digits lead to `next`. */
function wayOf(gather: Gather, digits: string): string | undefined {
  if (digits.length < (gather.min_digits ?? 1)) return undefined;
  const branches = branchesOf(gather);
  if (branches.length === 0) return gather.next;
  const fits = ({ digits: exact, pattern }: Branch) =>
    exact === undefined ? DigitPattern.parse(pattern ?? '')?.matches(digits) === true : exact === digits;
  return branches.find(fits)?.next;
}

/** Asks for digits and goes on by them. */
export const gather: AppletKind<typeof schema> = {
  type: 'gather',
  schema,
  exits: (applet) => {
    const branches = branchesOf(applet).map(({ at, next }): Exit => ({ at: atOf(applet, at), to: next, waits: true }));
    const { next, on_timeout = next, on_invalid = next } = applet;
    const wayOfTimeout = { at: applet.on_timeout ? 'on_timeout' : 'next', to: on_timeout, waits: true };
    const wayOfInvalid = { at: applet.on_invalid ? 'on_invalid' : 'next', to: on_invalid, waits: true };
    const plain = branches.length === 0 ? [{ at: 'next', to: next, waits: true }] : [];
    return onePerPlace([...branches, ...plain, wayOfTimeout, wayOfInvalid]);
  },
  needs: ({ prompt, invalid_prompt }) => [
    ...needsOfPrompt(prompt, 'prompt'),
    ...needsOfPrompt(invalid_prompt, 'invalid_prompt'),
  ],
  faults: (applet) => [
    ...faultsOfPrompt(applet.prompt, 'prompt'),
    ...faultsOfPrompt(applet.invalid_prompt, 'invalid_prompt'),
    ...faultsOfDigits(applet),
  ],
  async run(applet, { actions, state, tell }) {
    const { prompt, invalid_prompt, retries = 0, on_timeout, on_invalid, next, ...wish } = applet;
    let asked = prompt;
    for (let attempt = 0; ; attempt++) {
      const { digits, how } = await actions.collect({
        prompt: asked,
        maxDigits: wish.max_digits ?? longestOf(applet),
        finishOnKey: wish.finish_on_key ?? '#',
        timeoutMs: wish.timeout_ms ?? 5000,
        interDigitTimeoutMs: wish.inter_digit_timeout_ms ?? 3000,
      });
      state.digits = digits;
      const way = how === 'timeout' ? undefined : wayOf(applet, digits);
      const result = how === 'timeout' ? 'timeout' : way === undefined ? 'invalid' : 'matched';
      tell({ result, ...(wish.sensitive ? { digit_count: digits.length } : { digits }), attempt: attempt + 1 });
      if (way !== undefined) return way;
      if (attempt >= retries) return (result === 'timeout' ? on_timeout : on_invalid) ?? next;
      actions.forgetDigits();
      asked = result === 'invalid' ? (invalid_prompt ?? prompt) : prompt;
    }
  },
  errorWay: ({ next, on_invalid, on_timeout }) => on_invalid ?? on_timeout ?? next,
};

/** In an array the branch's own way has a name. */
function atOf({ branches }: Gather, at: string): string {
  return Array.isArray(branches) ? `${at}.next` : at;
}

function onePerPlace(exits: readonly Exit[]): Exit[] {
  return [...new Map(exits.map((exit) => [exit.at, exit])).values()];
}

/** As many digits as the longest branch has; a pattern, or none, waits for the finish key or the pause. */
function longestOf(applet: Gather): number {
  const branches = branchesOf(applet);
  if (branches.length === 0 || branches.some(({ digits }) => digits === undefined)) return 32;
  return Math.max(...branches.map(({ digits = '' }) => digits.length));
}

function faultsOfDigits(applet: Gather): Fault[] {
  const { min_digits: least = 1, max_digits: most = 32, finish_on_key: finish } = applet;
  const faults: Fault[] = [];
  if (least > most) faults.push({ at: 'min_digits', message: 'It is greater than max_digits.' });
  const seen = new Set<string>();
  for (const { at, digits, pattern } of branchesOf(applet)) {
    if ((digits === undefined) === (pattern === undefined)) faults.push({ at, message: 'Give digits or a pattern.' });
    if (pattern !== undefined && DigitPattern.parse(pattern) === undefined)
      faults.push({ at: `${at}.pattern`, message: `"${pattern}" is no pattern of digits, such as 9\\d{3} or [2-4].` });
    if (digits === undefined) continue;
    if (seen.has(digits)) faults.push({ at, message: `The digits ${digits} have a branch already.` });
    if (digits.length < least || digits.length > most)
      faults.push({ at, message: `${digits.length} digits can never be pressed here: see min_digits and max_digits.` });
    if (digits.includes(finish ?? '#') && finish !== '' && digits.length > 0)
      faults.push({ at, message: `${finish ?? '#'} ends the digits (finish_on_key), so it cannot be one of them.` });
    seen.add(digits);
  }
  return faults;
}
