import type { StatusCallbackContentType } from '../ports/status-callback-orders.js';
import type { StatusCallbackFields } from './status-callback-fields.js';

export interface StatusCallbackBody {
  contentType: string;
  body: string;
}

/** Writes the fields down. `id` makes the boundary: the same callback is the same text each time that it is made. */
export function statusCallbackBody(
  fields: StatusCallbackFields,
  contentType: StatusCallbackContentType,
  id: string,
): StatusCallbackBody {
  if (contentType === 'application/json') return { contentType, body: JSON.stringify(fields) };
  const boundary = `intermix-${id}`;
  const parts = formFields(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: `${parts.join('')}--${boundary}--\r\n` };
}

/** A form has texts only: `Legs[0][Status]` for what a list holds, an empty text for what is null. */
function formFields(fields: StatusCallbackFields): Array<[name: string, value: string]> {
  return Object.entries(fields).flatMap(([name, value]): Array<[string, string]> => {
    if (typeof value !== 'object' || value === null) return [[name, String(value ?? '')]];
    return value.flatMap((entry, index) =>
      Object.entries(entry).map(([key, part]): [string, string] => [`${name}[${index}][${key}]`, String(part ?? '')]),
    );
  });
}
