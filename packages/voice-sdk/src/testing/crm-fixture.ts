import { cfb } from '@noble/ciphers/aes.js';
import { ExotelCRMWebSDK, type ExotelWebPhoneSDK } from '../crm/index.js';
import type { TabMode } from '../tabs/tab-seat.js';
import { DOMAIN, makePage, PASSWORD, type Page, settle } from './page-fixture.js';

export interface Asked {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
}

/** The integrations API without a server: answers by the end of the path, and keeps what was asked. */
export class FakeNet {
  readonly asked: Asked[] = [];
  /** Every request fails with this. */
  fails: Error | undefined;
  /** No request is answered; one that is aborted rejects. */
  silent = false;
  readonly #answers = new Map<string, { status: number; body: unknown }>();

  constructor() {
    this.reset();
  }

  /** The answers of an app with one user. */
  reset(): void {
    const ok = (Data: unknown) => ({ Status: 'Success', Code: 200, Error: '', Data });
    this.answer('/app', 200, ok({ ExotelAccountSid: 'acme' }));
    this.answer('/app_setting', 200, ok([]));
    const user = { AppID: 'app-1', AppUserId: 'asha', ExotelUserName: 'Asha Verma', customer_id: 'cust-1' };
    this.answer('/usermapping', 200, ok({ ...user, SipId: 'sip:priya', SipSecret: encrypted(PASSWORD) }));
  }

  answer(path: string, status: number, body: unknown): void {
    this.#answers.set(path, { status, body });
  }

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    this.asked.push({ method: init.method ?? 'GET', url, headers: { ...(init.headers as object) }, body });
    if (this.silent) {
      return new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    }
    if (this.fails) throw this.fails;
    const path = new URL(url).pathname.replace('/v2/integrations', '');
    const { status, body: text } = this.#answers.get(path) ?? { status: 404, body: {} };
    return new Response(typeof text === 'string' ? text : JSON.stringify(text), { status });
  };
}

function encrypted(password: string): string {
  const key = new TextEncoder().encode('change this password to a secret');
  const iv = Uint8Array.from({ length: 16 }, (_, index) => index);
  const bytes = [...iv, ...cfb(key, iv).encrypt(new TextEncoder().encode(password))];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

interface CrmOptions {
  autoConnect?: boolean;
  userId?: string;
  host?: string | undefined;
  tabs?: TabMode;
  /** A tab that is there already. */
  page?: Page;
}

export async function makeCrm(options: CrmOptions): Promise<{
  page: Page;
  net: FakeNet;
  crm: ExotelCRMWebSDK;
  heard: string[];
}> {
  const page = options.page ?? (await makePage());
  const net = new FakeNet();
  page.platform.web = net.fetch;
  const host = 'host' in options ? options.host : '127.0.0.1:8080';
  const crm = new ExotelCRMWebSDK('app-token', options.userId ?? 'asha', options.autoConnect ?? false, {
    platform: page.platform,
    // The account's sid and this make up the domain of the test's registrar.
    sip: { domain: DOMAIN.replace('acme.', '') },
    ...(host === undefined ? {} : { host }),
    ...(options.tabs && { tabs: options.tabs }),
  });
  return { page, net, crm, heard: [] };
}

/** A phone that is registered unless told otherwise, and what its listeners heard, a line each. */
export async function readyPhone(options: { register?: boolean; listeners?: boolean; page?: Page } = {}): Promise<{
  page: Page;
  net: FakeNet;
  phone: ExotelWebPhoneSDK;
  heard: string[];
  data: unknown[];
}> {
  const { page, net, crm, heard } = await makeCrm({
    autoConnect: options.register ?? true,
    ...(options.page && { page: options.page }),
  });
  const data: unknown[] = [];
  const listeners = [
    (event: string, callData: unknown) => {
      heard.push(`call ${event}`);
      data.push(callData);
    },
    (state: string) => void heard.push(`register ${state}`),
    (state: string) => void heard.push(`session ${state}`),
  ] as const;
  const phone = await (options.listeners === false ? crm.Initialize() : crm.Initialize(...listeners));
  if (!phone) throw new Error(`no phone: ${crm.lastError}`);
  await settle();
  return { page, net, phone, heard, data };
}
