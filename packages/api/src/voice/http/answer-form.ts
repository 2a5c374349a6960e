import type { FastifyRequest } from 'fastify';

/** XML is the default, as the vendor's. */
export type AnswerForm = 'xml' | 'json';

/** JSON for an address that says so (`Calls.json`, `Calls.json/{sid}`, `{sid}.json`), or a client that asks for it and not for XML. */
export function answerFormOf(request: Pick<FastifyRequest, 'url' | 'headers'>): AnswerForm {
  const path = request.url.split('?', 1)[0] ?? '';
  if (/\.json(\/|$)/i.test(path)) return 'json';
  const accepted = (request.headers.accept ?? '').toLowerCase();
  const [json, xml] = [accepted.indexOf('application/json'), accepted.search(/(application|text)\/xml/)];
  return json >= 0 && (xml < 0 || json < xml) ? 'json' : 'xml';
}

/** An id at the end of an address without the form that it asks for. */
export function withoutSuffix(id: string): string {
  return id.replace(/\.(json|xml)$/i, '');
}
