import { toE164 } from '@intermix/calls';
import { ApiError } from '../../http/api-error.js';
import type { Contact, ContactStore } from '../ports.js';
import type { AppScope } from './app-scope.js';
import { conflictField } from './store-conflict.js';
import { badCursor } from './store-cursor.js';

/** An entry as a backend writes it. */
export interface WantedContact {
  /** As people write it. */
  number: string;
  name: string;
  customField: string | undefined;
}

/** The directory of an app: what its receivers are told of a caller. */
export class ContactService {
  readonly #contacts: ContactStore;

  constructor(deps: { contacts: ContactStore }) {
    this.#contacts = deps.contacts;
  }

  /** Makes or replaces, all or none; gives how many numbers. In a list (`isList`) a refusal names the item: `1.number`. */
  async put(app: AppScope, wanted: readonly WantedContact[], options: { isList: boolean }): Promise<number> {
    const contacts = wanted.map((contact, index) => ({
      ...contact,
      number: numberOf(contact.number, `${options.isList ? `${index}.` : ''}number`),
    }));
    return this.#contacts.put(app.accountSid, app.appId, contacts).catch((error: unknown) => {
      if (conflictField(error) !== 'contacts') throw error;
      throw ApiError.invalid('number', `${(error as Error).message} Delete some first.`);
    });
  }

  /** 404: the app has no entry for it. */
  async find(app: AppScope, text: string): Promise<Contact> {
    const number = numberOf(text, 'number');
    const contact = await this.#contacts.find(app.accountSid, app.appId, number);
    if (contact === undefined) throw unknownNumber(number);
    return contact;
  }

  /** In the order of the numbers. */
  async list(
    app: AppScope,
    page: { limit: number; cursor: string | undefined },
  ): Promise<{ contacts: Contact[]; nextCursor: string | undefined }> {
    const afterNumber = page.cursor === undefined ? undefined : decodeCursor(page.cursor);
    const found = await this.#contacts.list(app.accountSid, app.appId, { limit: page.limit + 1, afterNumber });
    const contacts = found.slice(0, page.limit);
    const last = contacts.at(-1);
    const hasMore = found.length > page.limit && last !== undefined;
    return { contacts, nextCursor: hasMore ? encodeCursor(last.number) : undefined };
  }

  /** 404: the app has no entry for it. */
  async delete(app: AppScope, text: string): Promise<void> {
    const number = numberOf(text, 'number');
    if (!(await this.#contacts.delete(app.accountSid, app.appId, number))) throw unknownNumber(number);
  }
}

function encodeCursor(number: string): string {
  return Buffer.from(number, 'utf8').toString('base64url');
}

function decodeCursor(cursor: string): string {
  const number = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^\+\d{1,15}$/.test(number)) throw badCursor('cursor');
  return number;
}

function numberOf(text: string, field: string): string {
  const number = toE164(text);
  if (number !== undefined) return number;
  throw ApiError.invalid(field, `"${field}" is no telephone number: give it as +<country code><number>.`);
}

function unknownNumber(number: string): ApiError {
  const message = `"number": the app’s directory has no ${number}; PUT …/contacts adds it.`;
  return new ApiError(404, 'ERR_NOT_FOUND', message, 'number');
}
