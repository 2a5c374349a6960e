import { errors } from 'undici';
import { OutboundError } from './outbound-error.js';

const tlsCodes =
  /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO|ERR_OSSL|HOSTNAME_MISMATCH|INVALID_CA)/;

/** What went wrong, in our words. undici and Node wrap errors in each other: the innermost that is known decides. */
export function failureOf(error: unknown, hostname: string): OutboundError {
  const chain = causesOf(error);
  const own = chain.find((one) => one instanceof OutboundError);
  if (own instanceof OutboundError) return own;
  const codes = chain.map(codeOf);
  const has = (...wanted: string[]) => codes.some((code) => wanted.includes(code));
  const failure = (problem: OutboundError['problem'], message: string) =>
    new OutboundError(problem, message, { cause: error });
  if (codes.some((code) => tlsCodes.test(code)))
    return failure('tls', `TLS with ${hostname} failed (${codes.find((code) => tlsCodes.test(code))}).`);
  if (has('UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'))
    return failure('timeout', `${hostname} did not take the connection in time.`);
  if (has('UND_ERR_HEADERS_OVERFLOW', 'HPE_HEADER_OVERFLOW'))
    return failure('answer-too-large', `The head of ${hostname}'s answer is too large.`);
  if (chain.some((one) => one instanceof errors.HTTPParserError) || codes.some((code) => code.startsWith('HPE_')))
    return failure('bad-answer', `What ${hostname} answered is not HTTP.`);
  if (has('UND_ERR_DESTROYED', 'UND_ERR_CLOSED')) return failure('aborted', 'The client was closed.');
  if (has('UND_ERR_INVALID_ARG')) return failure('bad-url', 'The request cannot be made of this URL.');
  const code = codes.find((one) => one !== '' && one !== 'UND_ERR_SOCKET');
  return failure('connect', `The connection to ${hostname} failed${code ? ` (${code})` : ''}.`);
}

function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  const waiting: unknown[] = [error];
  while (waiting.length > 0 && chain.length < 16) {
    const one = waiting.shift();
    chain.unshift(one);
    if (one instanceof AggregateError) waiting.push(...one.errors); // One per address that was tried.
    if (one instanceof Error && one.cause !== undefined) waiting.push(one.cause);
  }
  return chain;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
