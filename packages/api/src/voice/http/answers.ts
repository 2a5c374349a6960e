import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerFormOf } from './answer-form.js';
import { type Content, xmlDocument } from './xml.js';

const xmlRoot = 'TwilioResponse';

/** Sends an answer in the form that was asked for. `json`: what that form has in another shape than XML. */
export function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  content: Content,
  json: Content = content,
): FastifyReply {
  const isJson = answerFormOf(request) === 'json';
  return reply
    .header('cache-control', 'no-store')
    .header('vary', 'Accept')
    .type(isJson ? 'application/json; charset=utf-8' : 'application/xml; charset=utf-8')
    .serializer((text: unknown) => text as string) // The route's schema documents; what is written is written here.
    .send(isJson ? JSON.stringify(json) : xmlDocument(xmlRoot, content));
}
