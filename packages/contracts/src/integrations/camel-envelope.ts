import Type, { type TSchema } from 'typebox';
import { oneOf } from '../fields.js';

/** One answer's id: an RFC 9562 UUID. */
const RequestId = Type.String({ examples: ['2405acfd-1ad3-486b-92d5-233965d8c204'] });

/** The envelope that the CamelCase generation of the integrations API puts around every success. */
export const camelEnvelope = <T extends TSchema>(data: T) =>
  Type.Object(
    {
      RequestId,
      Status: oneOf(['Success']),
      Code: Type.Integer({ description: 'The HTTP status once more', examples: [200] }),
      Error: Type.String({ description: 'Empty', examples: [''] }),
      Data: data,
    },
    { description: 'Done' },
  );

/** The same envelope around a refusal or a failure. */
export const CamelFailure = Type.Object(
  {
    RequestId,
    Status: oneOf(['Failed']),
    Code: Type.Integer({ description: 'The HTTP status once more', examples: [400] }),
    Error: Type.String({
      description:
        'What is wrong, with the field and the cure. A failure of telephony is a JSON document as text: {"response":{"error_data":{"code","message","description"}}}',
      examples: ['"AppUserId" is missing.'],
    }),
    Data: Type.Null(),
  },
  { description: 'Refused or failed' },
);

/** `Data` of a deletion. */
export const CamelDeleted = camelEnvelope(Type.String({ examples: ['Deleted Successfully'] }));
