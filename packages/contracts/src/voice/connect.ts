import Type from 'typebox';
import { oneOf } from '../fields.js';

const text = (description: string, maxLength?: number) =>
  Type.Optional(Type.String({ description, ...(maxLength !== undefined && { maxLength }) }));

/** `POST Calls/connect`. It documents: names are understood in any case, and an empty value counts as none. */
export const VoiceConnectRequest = Type.Object(
  {
    From: Type.String({ description: 'Called first: a number, or a SIP user (asha, sip:asha)' }),
    CallerId: Type.String({ description: 'An ExoPhone of the account' }),
    To: text('Called when From has answered: a number, or a SIP user. Not with Url or a bot'),
    Url: text('The address of a flow of the account, …/{account_sid}/exoml/start_voice/{flow_id}'),
    StreamUrl: text('ws:// or wss:// of a bot, or of a stream beside the call', 599),
    StreamType: Type.Optional(
      oneOf(['bidirectional', 'unidirectional'], { description: 'bidirectional: a bot has the call' }),
    ),
    StreamBegin: Type.Optional(oneOf(['at Leg1Connect', 'at Leg2Connect'])),
    StreamName: text('Yours', 32),
    CallType: Type.Optional(oneOf(['trans'])),
    TimeLimit: Type.Optional(Type.Integer({ minimum: 1, maximum: 14_400, description: 'Seconds of talk' })),
    TimeOut: Type.Optional(Type.Integer({ minimum: 5, maximum: 60, description: 'Seconds that each party rings' })),
    WaitUrl: text('Audio for From while To is called: WAV or MP3, less than 2 MB', 2_048),
    StartPlaybackToNew: Type.Optional(oneOf(['Callee', 'Both'])),
    StartPlaybackValueNew: text('Audio before the two are joined', 2_048),
    Record: Type.Optional(Type.Boolean({ default: false })),
    RecordingChannels: Type.Optional(oneOf(['single', 'dual'], { description: 'dual: From left, To right' })),
    RecordingFormat: Type.Optional(oneOf(['mp3', 'mp3-hq', 'wav'])),
    CustomField: text('Told again to flows and in the last StatusCallback', 128),
    MaxRetries: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 3,
        default: 0,
        description:
          'How often From is called again, 15 s later, when it was busy, did not answer or could not be reached. Each try is a call of its own with this one as ParentCallSid; StatusCallback is told of the last, by the CallSid of the first',
      }),
    ),
    StatusCallback: text('Told of the call', 2_048),
    StatusCallbackEvents: Type.Optional(
      Type.Array(oneOf(['terminal', 'answered', 'ringing']), {
        description: 'Also as StatusCallbackEvents[0], …; none: four fields, once, at the end',
      }),
    ),
    StatusCallbackContentType: Type.Optional(oneOf(['multipart/form-data', 'application/json'])),
  },
  { examples: [{ From: '+919876543210', To: '+919876543211', CallerId: '+918047100000', CustomField: 'order-42' }] },
);
