import Type, { type Static } from 'typebox';
import { nullable, oneOf } from '../fields.js';

const time = (description: string) =>
  Type.String({ description: `${description}; YYYY-MM-DD HH:mm:ss, India's time`, examples: ['2026-01-31 15:00:00'] });

/** A call as `/v1/Accounts/…/Calls` tells it. */
export const VoiceCall = Type.Object({
  Sid: Type.String({ examples: ['6f1c0c0e6a5b4d0f9c3a2b1d0e9f8a7b'] }),
  ParentCallSid: nullable(Type.String({ description: 'The call that this one tries once more' })),
  DateCreated: time('When it was ordered, or came'),
  DateUpdated: time('When it last changed'),
  AccountSid: Type.String(),
  To: nullable(Type.String({ description: 'null when a flow or a bot has the call' })),
  From: Type.String({ description: 'Of an ordered call, the party that is called first' }),
  PhoneNumberSid: nullable(Type.String({ description: 'The ExoPhone' })),
  Status: oneOf(['in-progress', 'completed', 'failed', 'busy', 'no-answer', 'canceled']),
  StartTime: nullable(time('When it began')),
  EndTime: nullable(time('When it ended')),
  Duration: nullable(Type.String({ description: 'Seconds from the answer to the end' })),
  Price: nullable(Type.String({ description: 'Always null: nothing is billed here' })),
  Direction: oneOf(['inbound', 'outbound-dial', 'outbound-api']),
  AnsweredBy: nullable(
    oneOf(['human', 'machine'], { description: 'Always null: answering machines are not detected' }),
  ),
  ForwardedFrom: nullable(Type.String()),
  CallerName: nullable(Type.String()),
  Uri: Type.String(),
  RecordingUrl: nullable(Type.String()),
});

export type VoiceCall = Static<typeof VoiceCall>;

export const VoiceCallAnswer = Type.Object({ Call: VoiceCall }, { description: 'The call' });

const LegDetail = Type.Object({
  Leg: Type.Object({
    Id: Type.Integer({ description: '1: the party that calls, or was called first' }),
    OnCallDuration: Type.Integer({ description: 'Seconds; 0 while the leg is up' }),
  }),
});

export const VoiceCallDetailAnswer = Type.Object(
  {
    Call: Type.Object({
      ...VoiceCall.properties,
      Details: Type.Optional(
        Type.Object(
          {
            ConversationDuration: Type.Integer({
              description:
                'Seconds that both parties talked, or the first with a flow or a bot; 0 while the call is up',
            }),
            Leg1Status: nullable(Type.String()),
            Leg2Status: nullable(Type.String({ description: 'null when nobody else was called' })),
            Legs: Type.Array(LegDetail),
          },
          { description: 'With details=true' },
        ),
      ),
    }),
  },
  { description: 'The call' },
);

export type VoiceCallDetailAnswer = Static<typeof VoiceCallDetailAnswer>;

const validity = Type.Optional(
  Type.Integer({ minimum: 5, maximum: 60, description: 'Minutes for which RecordingUrl is signed' }),
);

export const VoiceCallQuery = Type.Object({
  details: Type.Optional(Type.Boolean({ description: 'Add Details' })),
  RecordingUrlValidity: validity,
});

const text = (description: string) => Type.Optional(Type.String({ description }));

export const VoiceCallListQuery = Type.Object({
  Sid: text('Up to 100, by commas'),
  DateCreated: text('gte:2026-01-01 00:00:00;lte:2026-01-31 23:59:59, at most 31 days, India’s time'),
  To: text('As the call has it'),
  From: text('As the call has it'),
  ParentCallSid: text('Further tries of this call (MaxRetries)'),
  PhoneNumber: text('Up to 5 ExoPhones, by commas'),
  Status: text('One or more, by commas'),
  Duration: text('gte:10s;lt:60s'),
  Price: text('Finds nothing: no call has a price'),
  Direction: text('inbound, outbound-dial, outbound-api, by commas'),
  PageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
  SortBy: text('DateCreated:asc or DateCreated:desc, which is the default'),
  Before: text('Of PrevPageUri'),
  After: text('Of NextPageUri'),
  RecordingUrlValidity: validity,
});

export const VoiceCallList = Type.Object(
  {
    Metadata: Type.Object({
      Total: Type.Integer({ description: 'Calls that the filters find, counted to 50,000' }),
      PageSize: Type.Integer(),
      FirstPageUri: Type.String(),
      PrevPageUri: nullable(Type.String()),
      NextPageUri: nullable(Type.String()),
    }),
    Calls: Type.Array(VoiceCall),
  },
  { description: 'A page of calls' },
);
export type VoiceCallList = Static<typeof VoiceCallList>;
