import Type, { type Static } from 'typebox';
import { oneOf } from './fields.js';

/** `GET /healthz`: the process is up. */
export const HealthResponse = Type.Object({ status: Type.Literal('ok') });
export type HealthResponse = Static<typeof HealthResponse>;

/** `GET /readyz`: 200 when every part is ready, 503 otherwise. */
export const ReadyResponse = Type.Object({
  status: oneOf(['ready', 'not-ready']),
  store: Type.Boolean(),
  sip: Type.Boolean(),
  media: Type.Boolean(),
});
export type ReadyResponse = Static<typeof ReadyResponse>;
