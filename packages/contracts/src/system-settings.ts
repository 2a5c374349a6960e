import Type, { type Static, type TSchema } from 'typebox';
import { oneOf } from './fields.js';

const closed = { additionalProperties: false };
const Line = (maxLength: number, description: string) =>
  Type.String({ maxLength, pattern: '^[^\\x00-\\x1f\\x7f]*$', description });
const Count = (minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, description });
/** Milliseconds, at most a minute. */
const Ms = (description: string) => Count(0, 60_000, `${description}, milliseconds`);
const Secret = (description: string) =>
  Type.String({ maxLength: 16_384, description: `${description}; masked when read` });
const partial = <T extends Record<string, TSchema>>(fields: T) =>
  Type.Object(Type.Partial(Type.Object(fields)).properties, closed);

const minio = {
  endpoint: Line(255, 'host and port of the store'),
  access_key: Secret('access key'),
  secret_key: Secret('secret key'),
  bucket: Line(63, 'bucket of recordings'),
  secure: Type.Boolean({ description: 'TLS' }),
};

const agentAssist = {
  enabled: Type.Boolean(),
  stt_provider: Line(64, 'who recognises speech'),
  stt_model: Line(128, 'its model'),
  llm_provider: Line(64, 'who makes suggestions'),
  llm_model: Line(128, 'its model'),
  system_prompt: Type.String({ maxLength: 32_768 }),
  suggestion_cooldown_seconds: Count(0, 3_600, 'rest between suggestions, seconds'),
  max_context_messages: Count(1, 200, 'messages that a suggestion is made of'),
  listen_to: oneOf(['customer', 'both'], { description: 'whose words count' }),
  publish_transcript: Type.Boolean(),
};

const knowledge = {
  vectordb_url: Line(2_048, 'where the vector database is'),
  vectordb_api_key: Secret('key of the vector database'),
  vectordb_collection: Line(255, 'its collection'),
  embedding_model: Line(128, 'model that makes vectors'),
  embedding_dimensions: Count(1, 16_384, 'length of a vector'),
  chunk_size_chars: Count(100, 20_000, 'characters of a chunk'),
  chunk_overlap_chars: Count(0, 10_000, 'characters that chunks share'),
  max_upload_mb: Count(1, 1_024, 'largest document, megabytes'),
  tenant_id: Line(128, 'whose documents they are'),
};

const onDetection = ['teardown', 'continue'] as const;
const amd = {
  enabled: Type.Boolean(),
  beep_detection: Type.Boolean(),
  total_analysis_ms: Ms('longest analysis'),
  initial_silence_ms: Ms('longest silence before a greeting'),
  greeting_ms: Ms('longest greeting of a person'),
  after_greeting_silence_ms: Ms('silence that ends a greeting'),
  min_word_ms: Ms('shortest word'),
  between_words_silence_ms: Ms('silence that parts words'),
  max_words: Count(1, 100, 'most words in the greeting of a person'),
  silence_threshold: Count(0, 32_767, 'level under which it is silence'),
  max_word_length_ms: Ms('longest word'),
  beep_min_ms: Ms('shortest beep'),
  action_on_machine: oneOf(onDetection),
  action_on_unknown: oneOf(onDetection),
};

/** `PUT /api/v1/settings/api-keys`: a key for each provider. What is left out stays, an empty text clears. */
export const ApiKeysUpdate = Type.Record(
  Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' }),
  Secret('key of a provider'),
  {
    ...closed,
    maxProperties: 64,
    description: 'Names of providers (lower-case letters, digits and _) with their keys',
  },
);
export type ApiKeysUpdate = Static<typeof ApiKeysUpdate>;

// Of the following, what is left out stays.
export const MinioUpdate = partial(minio);
export type MinioUpdate = Static<typeof MinioUpdate>;
export const AgentAssistUpdate = partial(agentAssist);
export type AgentAssistUpdate = Static<typeof AgentAssistUpdate>;
export const KnowledgeUpdate = partial(knowledge);
export type KnowledgeUpdate = Static<typeof KnowledgeUpdate>;
export const DiallerUpdate = Type.Object({ amd: partial(amd) }, closed);
export type DiallerUpdate = Static<typeof DiallerUpdate>;

export const TimezoneUpdate = Type.Object(
  {
    display_timezone: Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'time zone of the IANA database',
      examples: ['Asia/Kolkata'],
    }),
  },
  closed,
);
export type TimezoneUpdate = Static<typeof TimezoneUpdate>;

/** `PUT /api/v1/settings/fleet`: the list as a whole. */
export const FleetUpdate = Type.Object(
  {
    core_fleet: Type.Array(Type.String({ minLength: 1, maxLength: 2_048 }), {
      maxItems: 64,
      description: 'Base addresses of the servers that run bots; the first is what websocket_url is made of',
      examples: [['https://core.example']],
    }),
  },
  closed,
);
export type FleetUpdate = Static<typeof FleetUpdate>;

const read = <T extends Record<string, TSchema>>(fields: T) => Type.Object(fields);

/** `GET /api/v1/settings`: secrets are masked. */
export const SystemSettingsRead = Type.Object({
  api_keys: Type.Record(Type.String(), Type.String()),
  minio: read(minio),
  agent_assist: read(agentAssist),
  knowledge: read(knowledge),
  dialler: Type.Object({ amd: read(amd) }),
  core_fleet: Type.Array(Type.String()),
  display_timezone: Type.String(),
  kept_for_others: Type.Array(Type.String(), {
    description: 'Blocks that nothing on this server reads: they are checked and kept for programs outside of it',
  }),
});
export type SystemSettingsRead = Static<typeof SystemSettingsRead>;

/** `GET /api/v1/settings/display`. */
export const DisplaySettingsRead = Type.Object({ display_timezone: Type.String() });
export type DisplaySettingsRead = Static<typeof DisplaySettingsRead>;

/** What holds until it is set. */
export const systemSettingsDefaults: SystemSettingsRead = {
  api_keys: {},
  minio: { endpoint: 'localhost:9000', access_key: '', secret_key: '', bucket: 'recordings', secure: false },
  agent_assist: {
    enabled: false,
    stt_provider: '',
    stt_model: '',
    llm_provider: '',
    llm_model: '',
    system_prompt: '',
    suggestion_cooldown_seconds: 10,
    max_context_messages: 20,
    listen_to: 'customer',
    publish_transcript: true,
  },
  knowledge: {
    vectordb_url: '',
    vectordb_api_key: '',
    vectordb_collection: 'cxb_knowledge_chunks',
    embedding_model: '',
    embedding_dimensions: 768,
    chunk_size_chars: 1_200,
    chunk_overlap_chars: 180,
    max_upload_mb: 20,
    tenant_id: '',
  },
  dialler: {
    amd: {
      enabled: false,
      beep_detection: false,
      total_analysis_ms: 5_000,
      initial_silence_ms: 2_500,
      greeting_ms: 1_500,
      after_greeting_silence_ms: 800,
      min_word_ms: 100,
      between_words_silence_ms: 50,
      max_words: 3,
      silence_threshold: 256,
      max_word_length_ms: 5_000,
      beep_min_ms: 100,
      action_on_machine: 'teardown',
      action_on_unknown: 'continue',
    },
  },
  core_fleet: [],
  display_timezone: 'UTC',
  kept_for_others: ['minio', 'agent_assist', 'knowledge', 'dialler'],
};
