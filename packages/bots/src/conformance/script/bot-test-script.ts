import Type, { type Static, type TSchema } from 'typebox';
import { readConfig } from '../../config/read-config.js';
import { BotConfigError } from '../../session/bot-config-error.js';
import { BotTestError } from '../bot-test-error.js';

const closed = { additionalProperties: false };
const milliseconds = (least = 0) => Type.Integer({ minimum: least, maximum: 600_000 });
const hertz = Type.Integer({ minimum: 50, maximum: 11_000 });
const fileName = Type.String({ minLength: 1, maxLength: 1_024 });

/** What has to be so for a step to pass. A step with expectations lasts until they are met, or cannot be met any more. */
export const Expectation = Type.Object(
  {
    /** From the end of what the caller says, or the beginning of a step that says nothing, until the bot is heard. */
    first_audio_within_ms: Type.Optional(milliseconds()),
    /** From the moment at which the caller begins to speak until a `clear`. */
    clear_within_ms: Type.Optional(milliseconds()),
    /** From the moment at which the caller begins to speak until the bot is heard no more. */
    silent_within_ms: Type.Optional(milliseconds()),
    /** A tone in what is heard of the bot from the step's beginning on. */
    tone_hz: Type.Optional(hertz),
    /** So much of the bot is heard from the step's beginning on. */
    speech_at_least_ms: Type.Optional(milliseconds(1)),
    /** No more of the bot than this is heard during the step. */
    speech_at_most_ms: Type.Optional(milliseconds()),
    /** How long `tone_hz` and `speech_at_least_ms` are waited for, from the end of what the caller says. Default 10,000. */
    within_ms: Type.Optional(milliseconds(1)),
  },
  closed,
);
export type Expectation = Static<typeof Expectation>;

const common = {
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  expect: Type.Optional(Expectation),
};

const sound = {
  /** A WAV file, of 16 bit PCM; beside the script unless its path is absolute. */
  file: Type.Optional(fileName),
  /** A tone instead of a file. */
  tone_hz: Type.Optional(hertz),
  tone_ms: Type.Optional(milliseconds(20)),
};

/** The kinds of steps, by the word in `step`. */
export const stepSchemas = {
  say: Type.Object({ step: Type.Literal('say'), file: fileName, ...common }, closed),
  tone: Type.Object({ step: Type.Literal('tone'), hz: hertz, ms: milliseconds(20), ...common }, closed),
  silence: Type.Object({ step: Type.Literal('silence'), ms: milliseconds(20), ...common }, closed),
  dtmf: Type.Object(
    {
      step: Type.Literal('dtmf'),
      digits: Type.String({ pattern: '^[0-9A-D*#]{1,32}$' }),
      /** From one digit to the next. */
      every_ms: Type.Integer({ minimum: 60, maximum: 10_000, default: 300 }),
      ...common,
    },
    closed,
  ),
  barge_in: Type.Object(
    {
      step: Type.Literal('barge_in'),
      ...sound,
      /** How long the bot has been speaking when the caller begins. */
      after_ms: Type.Integer({ minimum: 20, maximum: 600_000, default: 500 }),
      /** How long to wait for the bot to speak so long. */
      within_ms: Type.Integer({ minimum: 1, maximum: 600_000, default: 10_000 }),
      /** By when a bot that goes on speaking counts as one that ignores the caller. */
      reaction_ms: Type.Integer({ minimum: 100, maximum: 60_000, default: 3_000 }),
      ...common,
    },
    closed,
  ),
  wait_for: Type.Object(
    {
      step: Type.Literal('wait_for'),
      what: Type.Enum(['audio', 'silence', 'mark', 'clear', 'close']),
      /** Of a mark; any when left out. */
      mark: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
      /** How long the bot is silent for it to count. */
      quiet_ms: Type.Integer({ minimum: 100, maximum: 60_000, default: 800 }),
      within_ms: Type.Integer({ minimum: 1, maximum: 600_000, default: 10_000 }),
      ...common,
    },
    closed,
  ),
  hang_up: Type.Object({ step: Type.Literal('hang_up'), name: common.name }, closed),
};
export type StepName = keyof typeof stepSchemas;
export type ScriptStep = { [Name in StepName]: Static<(typeof stepSchemas)[Name]> }[StepName];
export type StepOf<Name extends StepName> = Extract<ScriptStep, { step: Name }>;

const environmentName = Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,99}$' });
const number = Type.String({ minLength: 1, maxLength: 64 });

const Head = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 200 })),
    /** `wss:`, `ws:`, or `https:`, `http:` that answers such a one. May be given on the command line instead. */
    url: Type.Optional(Type.String({ minLength: 6, maxLength: 599 })),
    /** Of the stream; else `sample-rate` of the URL, else 8000. */
    sample_rate: Type.Optional(Type.Enum([8000, 16_000, 24_000])),
    /** For Basic, each in the file or in the environment variable that is named. */
    credentials: Type.Optional(
      Type.Object(
        {
          user: Type.Optional(Type.String({ maxLength: 200 })),
          user_env: Type.Optional(environmentName),
          password: Type.Optional(Type.String({ maxLength: 200 })),
          password_env: Type.Optional(environmentName),
        },
        closed,
      ),
    ),
    /** Told in `start`; three at most, 256 characters together. Those of the URL unless given. */
    custom_parameters: Type.Optional(Type.Record(Type.String({ pattern: '^.{1,100}$' }), Type.String())),
    from: Type.Optional(number),
    to: Type.Optional(number),
    time_limit_ms: Type.Integer({ minimum: 1_000, maximum: 3_600_000, default: 120_000 }),
    /** How long `start` is held back behind `connected`, to see who speaks before it. */
    start_delay_ms: Type.Integer({ minimum: 0, maximum: 5_000, default: 200 }),
    /** How long a bot may take to close after `stop`. */
    stop_wait_ms: Type.Integer({ minimum: 100, maximum: 30_000, default: 2_000 }),
    /** How much of the bot's audio may wait before that is a finding. */
    queue_limit_ms: Type.Integer({ minimum: 100, maximum: 180_000, default: 30_000 }),
    /** From this level on 20 ms count as sound, in decibels below full scale. */
    audible_dbfs: Type.Number({ minimum: -80, maximum: -10, default: -50 }),
    steps: Type.Array(Type.Unknown(), { minItems: 1, maxItems: 500 }),
  },
  closed,
);
export type BotTestScript = Omit<Static<typeof Head>, 'steps'> & { steps: ScriptStep[] };

/** A script's JSON Schema, for editors. What has to be so beyond it is told when a script is read. */
export const botTestScriptSchema: object = asWritten({
  ...Head,
  properties: {
    ...Head.properties,
    steps: { type: 'array', minItems: 1, maxItems: 500, items: { anyOf: Object.values(stepSchemas).map(asWritten) } },
  },
});

/** What has a default may be left out by who writes. */
function asWritten<S extends { required?: string[]; properties: object }>(schema: S): object {
  const { properties, required = [] } = schema;
  const hasDefault = (key: string) => 'default' in (properties[key as keyof typeof properties] as object);
  return { ...schema, required: required.filter((key) => !hasDefault(key)) };
}

/** Reads a script, with the defaults of what it leaves out. Throws BotTestError that names the place. */
export function readBotTestScript(value: unknown): BotTestScript {
  const head = readPart(Head, value, 'The script');
  return { ...head, steps: head.steps.map(readStep) };
}

function readStep(value: unknown, index: number): ScriptStep {
  const place = `steps.${index}`;
  const word = (value as { step?: unknown } | null)?.step;
  if (typeof word !== 'string' || !Object.hasOwn(stepSchemas, word))
    throw new BotTestError(`${place}.step must be one of ${Object.keys(stepSchemas).join(', ')}.`);
  const step = readPart(stepSchemas[word as StepName], value, place) as ScriptStep;
  checkTogether(step, place);
  return step;
}

/** What a schema alone does not tell. */
function checkTogether(step: ScriptStep, place: string): void {
  if (step.step !== 'barge_in') return;
  const isTone = step.tone_hz !== undefined && step.tone_ms !== undefined;
  const hasBoth = step.file !== undefined && (step.tone_hz !== undefined || step.tone_ms !== undefined);
  if (hasBoth || (step.file === undefined && !isTone))
    throw new BotTestError(`${place} needs file, or tone_hz and tone_ms.`);
}

function readPart<S extends TSchema>(schema: S, value: unknown, place: string): Static<S> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BotTestError(`${place} is no object.`);
  try {
    return readConfig(schema, value);
  } catch (error) {
    if (!(error instanceof BotConfigError)) throw error;
    const inStep = place.startsWith('steps.') && error.path !== '';
    const why = error.message.replace(/^The configuration /, `${place} `);
    throw new BotTestError(inStep ? `${place}.${why}` : why);
  }
}
