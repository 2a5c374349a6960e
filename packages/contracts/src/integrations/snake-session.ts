import Type, { type Static } from 'typebox';
import { snakeEnvelope } from './snake-envelope.js';
import { snakeTimestamp } from './snake-fields.js';

/** `POST …/users/{user_id}/session`. */
export const SnakeSessionCreate = Type.Object(
  {
    expires_in: Type.Optional(
      Type.Integer({
        minimum: 60,
        maximum: 86_400,
        default: 3_600,
        description: 'Seconds that the password is to be good for',
      }),
    ),
  },
  { examples: [{ expires_in: 3_600 }] },
);
export type SnakeSessionCreate = Static<typeof SnakeSessionCreate>;

const SnakeSession = Type.Object({
  username: Type.String({ description: 'The SIP user: the address of record is sip:{username}@{domain}' }),
  auth_username: Type.String({ description: 'The user name for authentication; holds the end of the password' }),
  password: Type.String({ description: 'Good until expires_at, for this user alone' }),
  domain: Type.String({ description: 'The SIP domain, and the registrar' }),
  websocket_url: Type.String({ description: 'SIP over WebSocket, at the host that was asked' }),
  expires_at: snakeTimestamp,
  expires_in: Type.Integer({ description: 'The same in seconds from now' }),
  ice_servers: Type.Array(
    Type.Object({
      urls: Type.Array(Type.String()),
      username: Type.Optional(Type.String()),
      credential: Type.Optional(Type.String()),
    }),
    { description: 'For RTCPeerConnection; empty when the server has none to name' },
  ),
});
export type SnakeSession = Static<typeof SnakeSession>;

export const SnakeSessionAnswer = snakeEnvelope(SnakeSession, {
  username: 'agent-001-5f3a9c1e',
  auth_username: 'agent-001-5f3a9c1e~t1x9k2~0f3a9c1e5b7d2468',
  password: 'pXy7…',
  domain: 'acct1.intermix.local',
  websocket_url: 'wss://calls.example.com/wss',
  expires_at: '2024-06-15T11:30:00.000Z',
  expires_in: 3_600,
  ice_servers: [{ urls: ['stun:calls.example.com:3478'] }],
});
