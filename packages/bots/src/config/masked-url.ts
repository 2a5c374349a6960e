import { maskedSecret } from '../session/bot.js';

/** `scheme://user:` `password` `@` */
const credentials = /^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*:)([^/?#]+)(@)/i;
/** `?token=` `value`, and whatever else says of itself that it lets somebody in. */
const words = 'token|secret|passw|signature|credential|api[-_]?key|access[-_]?key';
const parameters = new RegExp(`([?&](?:[^=&#]*(?:${words})[^=&#]*|key|sig|auth|pwd)=)([^&#]+)`, 'gi');
const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i;

/** A text as it may be shown: of a URL, password and secret parameters masked. */
export function maskedUrl(text: string): string {
  if (!isUrl.test(text)) return text;
  return text.replace(credentials, `$1${maskedSecret}$3`).replace(parameters, `$1${maskedSecret}`);
}

/** A text with what `kept`, a URL, has in place of what is masked. Undefined when there is nothing to put there. */
export function unmaskedUrl(text: string, kept: string): string | undefined {
  if (!isUrl.test(text)) return text;
  let isWhole = true;
  const keptParameters = new Map([...kept.matchAll(parameters)].map(([, name = '', value]) => [name.slice(1), value]));
  const keptOr = (value: string, before: string | undefined): string => {
    if (value !== maskedSecret) return value;
    if (before === undefined || before === '') isWhole = false;
    return before ?? value;
  };
  const whole = text
    .replace(credentials, (_, head: string, password: string, tail: string) => {
      return head + keptOr(password, credentials.exec(kept)?.[2]) + tail;
    })
    .replace(parameters, (_, name: string, value: string) => name + keptOr(value, keptParameters.get(name.slice(1))));
  return isWhole ? whole : undefined;
}
