import Type, { type Static } from 'typebox';

// A capture is a folder: capture.json (what it is), messages.jsonl (each message with its time), audio.wav (left the caller).

export const captureFile = 'capture.json';
export const messagesFile = 'messages.jsonl';
export const audioFile = 'audio.wav';

export const Capture = Type.Object({
  type: Type.Literal('intermix.stream-capture'),
  version: Type.Literal(1),
  began_at: Type.String(),
  /** Of the request, without its query. */
  path: Type.String(),
  /** Without credentials; null when nobody answered but this recorder. */
  forwarded_to: Type.Union([Type.String(), Type.Null()]),
  stream_sid: Type.String(),
  call_sid: Type.String(),
  from: Type.String(),
  to: Type.String(),
  sample_rate: Type.Integer({ minimum: 8_000, maximum: 48_000 }),
  /** What may be a secret is hidden. */
  custom_parameters: Type.Record(Type.String(), Type.String()),
  duration_ms: Type.Number(),
  /** `limit`: the recorder's. */
  ended_by: Type.Enum(['caller', 'bot', 'limit']),
  close_code: Type.Integer(),
  messages: Type.Object({ caller: Type.Integer(), bot: Type.Integer() }),
});
export type Capture = Static<typeof Capture>;

export type Speaker = 'caller' | 'bot';

/** A line of messages.jsonl: what was said, as JSON; or what it was instead. */
export interface CapturedMessage {
  /** Milliseconds from `start`. */
  at_ms: number;
  by: Speaker;
  message?: unknown;
  /** A text that is no JSON. */
  text?: string;
  /** A binary message. */
  octets?: number;
}

export const hidden = '********';
const secretWord =
  /token|secret|passw|credential|signature|apikey|^(key|pwd|sig|auth|authorization|bearer|jwt|pin|otp|passphrase)$/;

/** Whether a name, in whatever spelling, is that of something that lets somebody in. */
function isSecretName(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => secretWord.test(word));
}

/** A message of which members with the names of secrets are hidden. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [
    key,
    typeof member === 'string' && isSecretName(key) ? hidden : withoutSecrets(member),
  ]);
  return Object.fromEntries(members);
}
