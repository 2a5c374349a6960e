import Type, { type Static } from 'typebox';
import { nullable } from '../fields.js';

export const VoiceAccountAnswer = Type.Object(
  {
    Account: Type.Object({
      Sid: Type.String(),
      FriendlyName: Type.String(),
      Type: Type.String({ examples: ['Full'], description: 'Always Full: there are no trials' }),
      Status: Type.String({ examples: ['active'], description: 'Always active' }),
      BillingType: nullable(Type.String({ description: 'Always null: nothing is billed here' })),
      KycStatus: nullable(Type.String({ description: 'Always null: nobody is verified here' })),
      DateCreated: nullable(Type.String({ description: 'YYYY-MM-DD HH:mm:ss, India’s time' })),
      Uri: Type.String(),
    }),
  },
  { description: 'The account' },
);

export type VoiceAccountAnswer = Static<typeof VoiceAccountAnswer>;

export const VoiceActiveStreams = Type.Object(
  {
    status: Type.String({ examples: ['success'] }),
    active_streams: Type.Integer(),
    max_allowed_streams: Type.Integer(),
    account_sid: Type.String(),
  },
  { description: 'In XML: Stream with ActiveStreamCount and ThrottleLimit' },
);

export type VoiceActiveStreams = Static<typeof VoiceActiveStreams>;

/** Every refusal of the Voice v1 API. */
export const VoiceRestException = Type.Object({
  RestException: Type.Object({
    Status: Type.Integer({ examples: [401] }),
    Message: Type.String(),
    Code: Type.String({ examples: ['UNAUTHORIZED'] }),
  }),
});
export type VoiceRestException = Static<typeof VoiceRestException>;
