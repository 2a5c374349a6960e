import {
  SnakeContactAnswer,
  SnakeContactPage,
  SnakeContactsQuery,
  SnakeContactsWrite,
  SnakeContactsWritten,
  SnakeDone,
} from '@intermix/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { givenFields } from '../../audit/field-changes.js';
import { ApiError } from '../../http/api-error.js';
import { contactId, everyOne, within } from '../audited.js';
import type { IntegrationParts } from '../parts.js';
import type { Contact } from '../ports.js';
import { snakeDone, snakeSuccess } from './answers.js';
import { documented } from './documented.js';
import type { PathScope } from './path-scope.js';
import { AppPath, appBase, ContactPath } from './paths.js';

const tag = 'contacts';
const defaultPageSize = 50;
/** A thousand entries at their longest. */
const bodyLimit = 1024 * 1024;

/** `…/contacts`: the app's directory. What it says of a caller goes along with `incoming_call`. An addition of ours. */
export function contactRoutes(app: FastifyInstance, parts: IntegrationParts, scope: PathScope): void {
  writeContacts(app, parts, scope);
  listContacts(app, parts, scope);
  oneContact(app, parts, scope);
}

function writeContacts(app: FastifyInstance, { contacts }: IntegrationParts, scope: PathScope): void {
  const single = new WeakSet<FastifyRequest>();
  const writtenContacts = (request: FastifyRequest) => {
    const [body, own] = [request.body as SnakeContactsWrite, scope.app(request)];
    const [first] = body;
    if (first !== undefined && body.length === 1)
      return [{ id: contactId(own, first.number), changes: givenFields(first) }];
    const numbers = body.map(({ number }) => number);
    return [{ id: within(own, everyOne), changes: givenFields({ contacts: body.length, numbers }) }];
  };

  app.put<{ Body: SnakeContactsWrite }>(
    `${appBase}/contacts`,
    {
      ...{
        bodyLimit,
        onRequest: scope.requireApp(),
        config: { audit: { resource: 'contact', things: writtenContacts } },
      },
      preValidation: async (request) => {
        const body: unknown = request.body;
        if (typeof body !== 'object' || body === null || Array.isArray(body)) return;
        single.add(request);
        request.body = [body] as SnakeContactsWrite;
      },
      attachValidation: true,
      schema: {
        ...documented(
          {
            tag,
            summary: 'Add or replace entries of the directory: a list of up to 1,000, or one object; all or none',
            operationId: 'putContacts',
          },
          SnakeContactsWritten,
          [400],
        ),
        params: AppPath,
        body: SnakeContactsWrite,
      },
    },
    async (request) => {
      const isList = !single.has(request);
      if (request.validationError) throw isList ? request.validationError : withoutIndex(request.validationError);
      const wanted = request.body.map(({ number, name, custom_field: customField }) => ({
        ...{ number, name: name.trim(), customField: customField ?? undefined },
      }));
      return snakeSuccess({ written: await contacts.put(scope.app(request), wanted, { isList }) });
    },
  );
}

/** Who sent one object is told of `name`, not of `0.name`. */
function withoutIndex(error: Error & { field?: string }): Error {
  const field = error.field?.replace(/^0\./, '') ?? 'body';
  return ApiError.invalid(field, error.message.replace('"0.', '"'));
}

function listContacts(app: FastifyInstance, { contacts }: IntegrationParts, scope: PathScope): void {
  app.get<{ Querystring: SnakeContactsQuery }>(
    `${appBase}/contacts`,
    {
      onRequest: scope.requireApp(),
      schema: {
        ...documented(
          { tag, summary: 'The directory, in the order of the numbers', operationId: 'listContacts' },
          SnakeContactPage,
          [400],
        ),
        params: AppPath,
        querystring: SnakeContactsQuery,
      },
    },
    async (request) => {
      const { limit = defaultPageSize, cursor } = request.query;
      const page = await contacts.list(scope.app(request), { limit, cursor });
      return snakeSuccess({ contacts: page.contacts.map(snakeContact), next_cursor: page.nextCursor ?? null });
    },
  );
}

function oneContact(app: FastifyInstance, { contacts }: IntegrationParts, scope: PathScope): void {
  const url = `${appBase}/contacts/:number`;
  const numberIn = (request: FastifyRequest) => (request.params as { number: string }).number;
  const id = (request: FastifyRequest) => contactId(scope.app(request), numberIn(request));
  const before = async (request: FastifyRequest) => {
    const found = await contacts.find(scope.app(request), numberIn(request)).catch(() => undefined);
    return found && { name: found.name, custom_field: found.customField };
  };

  app.get<{ Params: { number: string } }>(
    url,
    {
      onRequest: scope.requireApp(),
      schema: {
        ...documented({ tag, summary: 'One entry', operationId: 'getContact' }, SnakeContactAnswer, [400]),
        params: ContactPath,
      },
    },
    async (request) => snakeSuccess(snakeContact(await contacts.find(scope.app(request), request.params.number))),
  );

  app.delete<{ Params: { number: string } }>(
    url,
    {
      onRequest: scope.requireApp(),
      config: { audit: { resource: 'contact', before, id } },
      schema: {
        ...documented({ tag, summary: 'Delete one entry', operationId: 'deleteContact' }, SnakeDone, [400]),
        params: ContactPath,
      },
    },
    async (request) => {
      await contacts.delete(scope.app(request), request.params.number);
      return snakeDone('Contact deleted successfully');
    },
  );
}

function snakeContact({ number, name, customField, updatedAt }: Contact) {
  return { number, name, custom_field: customField ?? null, updated_at: updatedAt.toISOString() };
}
