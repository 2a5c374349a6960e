import Type from 'typebox';
import { E164Number } from './phone-number.js';

/** `<data>/bootstrap.json`, written once with the demo tenant; part of the run contract. */
export interface Bootstrap {
  http_url: string;
  sip_ws_url: string;
  /** host:port */
  sip_udp: string;
  admin: { email: string; password: string };
  customer: { id: string; secret: string };
  account: { sid: string; api_key: string; api_token: string };
  app: { id: string; secret: string };
  users: BootstrapUser[];
  exophones: string[];
  simulated_numbers: {
    echo: string;
    answer_tone: string;
    busy: string;
    no_answer: string;
    reject: string;
    dtmf_readback: string;
  };
}

export interface BootstrapUser {
  user_id: string;
  name: string;
  sip_username: string;
  sip_password: string;
  sip_domain: string;
  phone: string;
}

const Text = Type.String({ minLength: 1, maxLength: 512 });
const closed = { additionalProperties: false };

const BootstrapUserSchema = Type.Object(
  {
    user_id: Text,
    name: Text,
    sip_username: Text,
    sip_password: Text,
    sip_domain: Text,
    phone: E164Number,
  },
  closed,
);

/** The shape of {@link Bootstrap}, for whoever reads the file. */
export const BootstrapSchema = Type.Object(
  {
    http_url: Type.String({ pattern: '^https?://', maxLength: 512 }),
    sip_ws_url: Type.String({ pattern: '^wss?://', maxLength: 512 }),
    sip_udp: Type.String({ pattern: ':[0-9]{1,5}$', maxLength: 300 }),
    admin: Type.Object({ email: Text, password: Text }, closed),
    customer: Type.Object({ id: Text, secret: Text }, closed),
    account: Type.Object({ sid: Text, api_key: Text, api_token: Text }, closed),
    app: Type.Object({ id: Text, secret: Text }, closed),
    users: Type.Array(BootstrapUserSchema, { minItems: 1, maxItems: 100 }),
    exophones: Type.Array(E164Number, { maxItems: 100 }),
    simulated_numbers: Type.Object(
      {
        echo: E164Number,
        answer_tone: E164Number,
        busy: E164Number,
        no_answer: E164Number,
        reject: E164Number,
        dtmf_readback: E164Number,
      },
      closed,
    ),
  },
  closed,
);
