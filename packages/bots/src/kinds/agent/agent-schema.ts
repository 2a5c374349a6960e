import Type from 'typebox';

const fields = { additionalProperties: false };
const text = (maxLength: number, description: string) => Type.String({ maxLength, default: '', description });
const headers = (description: string) =>
  Type.Record(Type.String(), Type.String({ maxLength: 4_000 }), { default: {}, maxProperties: 16, description });

const Tool = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'how the model names it' }),
    description: text(1_000, 'for the model: what it does, and when to use it'),
    parameters: Type.Object(
      {},
      { default: { type: 'object', properties: {} }, description: 'JSON schema of its arguments' },
    ),
    url: Type.String({ pattern: '^https?://', maxLength: 2_048, description: 'where its arguments are posted to' }),
    headers: headers('sent with each request'),
    secret_headers: headers('the same; never shown'),
    timeout_ms: Type.Integer({ minimum: 100, maximum: 30_000, default: 8_000, description: 'for all of the request' }),
  },
  fields,
);

const Transfer = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9_-]{1,64}$',
      description: 'what the model chooses by; it stands in the record of the call',
    }),
    description: text(500, 'for the model: who answers there, and when to hand over'),
  },
  fields,
);

/** An agent's configuration as an administrator writes it. */
export const AgentSchema = Type.Object(
  {
    url: Type.String({ pattern: '^wss?://', maxLength: 2_048, description: 'the provider, its model in the query' }),
    api_key: text(4_000, 'sent as Authorization: Bearer; never shown'),
    headers: headers('sent with the handshake'),
    secret_headers: headers('the same; never shown'),
    dialect: Type.Enum(['ga', 'beta'], { default: 'ga', description: "of the Realtime API's two spellings" }),
    voice: Type.String({ minLength: 1, maxLength: 100, default: 'alloy', description: "a name of the provider's" }),
    speed: Type.Number({ minimum: 0.25, maximum: 1.5, default: 1, description: 'of the voice' }),
    instructions: text(20_000, 'what the model is to be and do; {{from}}, {{to}}, {{call_sid}}, {{custom.name}}'),
    transcription_model: Type.String({
      ...{ maxLength: 100, default: 'gpt-4o-mini-transcribe' },
      description: "writes down the caller's words; empty: nobody does",
    }),
    language: text(10, 'of the caller, for the transcription; empty: any'),
    noise_reduction: Type.Enum(['none', 'near_field', 'far_field'], {
      ...{ default: 'none', description: 'of what the provider hears; far_field: for hands-free telephones' },
    }),
    turn_detection: Type.Object(
      {
        type: Type.Enum(['server_vad', 'semantic_vad'], {
          ...{ default: 'server_vad', description: 'by silence alone, or by what the words mean too' },
        }),
        eagerness: Type.Enum(['auto', 'low', 'medium', 'high'], {
          ...{ default: 'auto', description: 'of semantic_vad; low: waits longer for more words' },
        }),
        threshold: Type.Number({ minimum: 0, maximum: 1, default: 0.5, description: 'higher: needs louder speech' }),
        prefix_padding_ms: Type.Integer({
          minimum: 0,
          maximum: 2_000,
          default: 300,
          description: 'kept before speech',
        }),
        silence_duration_ms: Type.Integer({ minimum: 100, maximum: 5_000, default: 500, description: 'ends a turn' }),
      },
      { ...fields, default: {} },
    ),
    greeting: Type.Object(
      {
        by: Type.Enum(['provider', 'prompt', 'none'], {
          ...{ default: 'provider', description: "who says it: the provider's voice, or the platform's as in prompts" },
        }),
        text: text(2_000, 'word for word; empty: as the instructions have it'),
        interruptible: Type.Boolean({ default: true, description: 'whether the caller may talk into it' }),
      },
      { ...fields, default: {} },
    ),
    tools: Type.Array(Tool, { maxItems: 32, default: [] }),
    transfers: Type.Array(Transfer, { maxItems: 16, default: [] }),
    end_call: Type.Boolean({ default: true, description: 'whether the model may hang up' }),
    farewell: text(2_000, 'said before it hangs up; empty: nothing'),
    max_duration_seconds: Type.Integer({ minimum: 1, maximum: 14_400, default: 570, description: 'then it hangs up' }),
    silence: Type.Object(
      {
        after_seconds: Type.Integer({ minimum: 0, maximum: 120, default: 10, description: '0: never minds silence' }),
        times: Type.Integer({ minimum: 0, maximum: 10, default: 2, description: 'it asks before it hangs up' }),
        text: text(500, 'word for word what it asks; empty: in words of its own'),
      },
      { ...fields, default: {} },
    ),
    hide_digits: Type.Boolean({
      ...{
        default: false,
        description: 'keeps no keys and no longer numbers of what was said in the record of the call',
      },
    }),
    reconnect: Type.Object(
      {
        tries: Type.Integer({ minimum: 0, maximum: 5, default: 2, description: 'in a row, when the provider is lost' }),
        filler: text(500, "said by the platform's voice meanwhile; empty: nothing"),
      },
      { ...fields, default: {} },
    ),
  },
  fields,
);
