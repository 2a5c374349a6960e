import type { Logger } from '@intermix/kernel';
import type { ExotelCall } from './exotel-call.js';
import type { CallListenerCallback, RegisterEventCallback, SessionCallback } from './sip-account-info.js';

/**
 * The page's three callbacks. Whatever a page gives (nothing, something that is no function, a function that throws or
 * whose promise rejects), a call goes on as if it had listened: what went wrong is logged.
 */
export class PageCallbacks {
  readonly #logger: Logger;
  #register: unknown;
  #call: unknown;
  #session: unknown;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  set(register: unknown, call: unknown, session: unknown): void {
    this.#register = register;
    this.#call = call;
    this.#session = session;
  }

  register(...args: Parameters<RegisterEventCallback>): void {
    this.#tell('RegisterEventCallBack', this.#register, args);
  }

  call(call: ExotelCall, ...args: [eventType: string, phone: string | undefined]): void {
    const heard: Parameters<CallListenerCallback> = [call, ...args];
    this.#tell('CallListenerCallback', this.#call, heard);
  }

  /** Also what other tabs tell, and what the browser forbids. */
  session(...args: Parameters<SessionCallback>): void {
    this.#tell('SessionCallback', this.#session, args);
  }

  #tell(name: string, callback: unknown, args: unknown[]): void {
    callSafely(callback, args, (error) => this.#logger.error({ error: textOf(error) }, `the page's ${name} threw`));
  }
}

/** Calls what a page gave, when it is a function; an error of it, now or by a promise, goes to `failed`. */
export function callSafely(callback: unknown, args: readonly unknown[], failed: (error: unknown) => void): void {
  if (typeof callback !== 'function') return;
  try {
    const result: unknown = callback(...args);
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** Anything as text: a page may throw, and give as an argument, what has no text of its own. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
