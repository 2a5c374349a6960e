import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { StoreError } from '../store-error.js';

/** A webhook's body and answer are far below; a file of something else may have no line at all. */
const maxLineLength = 64 * 1024 * 1024;

/** The lines of a text in UTF-8, one at a time, without their ends. Throws ERR_STORE_TRANSFER for one beyond 64 MB. */
export async function* readLines(source: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of source) {
    const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLineLength) throw StoreError.transfer('This is not an export of Intermix: a line has no end.');
    yield* lines;
  }
  rest += decoder.end();
  if (rest !== '') yield rest;
}
