import Type, { type Static } from 'typebox';
import { camelEnvelope } from './camel-envelope.js';

const Key = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: '^[A-Za-z0-9][A-Za-z0-9 _.:-]*$',
  description: 'letters, digits, space and _ . : -, at most 100, beginning with a letter or digit',
  examples: ['popup'],
});

/** `POST` and `PUT /app_setting`. */
export const CamelSettingWrite = Type.Object(
  {
    Key,
    Value: Type.String({
      maxLength: 2000,
      pattern: '^[^\\x00]*$',
      description: 'text of at most 2,000 characters; true and false are written as text',
      examples: ['https://crm.example/popup'],
    }),
  },
  { examples: [{ Key: 'popup', Value: 'https://crm.example/popup' }] },
);
export type CamelSettingWrite = Static<typeof CamelSettingWrite>;

/** `GET /app_setting`: one setting, or all when there is no key. */
export const CamelSettingQuery = Type.Object({ key: Type.Optional(Key) });
export type CamelSettingQuery = Static<typeof CamelSettingQuery>;

/** `DELETE /app_setting`. */
export const CamelSettingDeletion = Type.Object({ key: Key });
export type CamelSettingDeletion = Static<typeof CamelSettingDeletion>;

const CamelSetting = Type.Object({
  CustomerID: Type.String(),
  AppID: Type.String(),
  Key: Type.String({ examples: ['popup'] }),
  Value: Type.String({ examples: ['https://crm.example/popup'] }),
});
export type CamelSetting = Static<typeof CamelSetting>;

/** As older clients spell it besides. */
const CamelSettingItem = Type.Object({
  ...CamelSetting.properties,
  SettingKey: Type.String({ examples: ['popup'] }),
  SettingVal: Type.String({ examples: ['https://crm.example/popup'] }),
});
export type CamelSettingItem = Static<typeof CamelSettingItem>;

export const CamelSettingAnswer = camelEnvelope(CamelSetting);
export const CamelSettingOrSettings = camelEnvelope(Type.Union([CamelSetting, Type.Array(CamelSettingItem)]));
