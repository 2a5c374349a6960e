import type { InviteSession } from '@intermix/sip';
import type { ExotelCall } from '../compat/exotel-call.js';
import { ExotelWebClient } from '../compat/exotel-web-client.js';
import type { SipAccountInfo } from '../compat/sip-account-info.js';
import { answeredSession, DOMAIN, makePage, PASSWORD, type Page, serverSdp, settle } from './page-fixture.js';

/** What the guide's page gives to `initWebrtc`. */
export const account: SipAccountInfo = {
  userName: 'priya',
  authUser: 'priya',
  sipdomain: DOMAIN,
  domain: '127.0.0.1:8080',
  displayname: 'Priya',
  secret: PASSWORD,
  port: '443',
  security: 'ws',
};

export interface Exotel extends Page {
  client: ExotelWebClient;
  /** Every callback in order, as one line each. */
  heard: string[];
  calls: ExotelCall[];
}

/** A page that has called `initWebrtc`. */
export async function makeExotel(info: Partial<SipAccountInfo> = {}): Promise<Exotel> {
  const page = await makePage();
  const client = new ExotelWebClient(page.platform);
  const heard: string[] = [];
  const calls: ExotelCall[] = [];
  client.initWebrtc(
    { ...account, ...info },
    (state, phone) => heard.push(`register ${state} ${phone}`),
    (call, event, phone) => {
      calls.push(call);
      heard.push(`call ${event} ${phone}`);
    },
    (state, phone) => heard.push(`session ${state} ${phone}`),
  );
  return { ...page, client, heard, calls };
}

/** A page that is registered. */
export async function registered(info: Partial<SipAccountInfo> = {}): Promise<Exotel> {
  const exotel = await makeExotel(info);
  if (!exotel.client.DoRegister()) throw new Error('DoRegister() gave false');
  await settle();
  return exotel;
}

/** A page in a call; `session` is the server's end. */
export async function connected(info: Partial<SipAccountInfo> = {}): Promise<Exotel & { session: InviteSession }> {
  const exotel = await registered(info);
  const invite = exotel.server.call();
  await settle();
  const [session] = await Promise.all([answeredSession(invite), exotel.client.getCall().Answer()]);
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  await settle();
  return { ...exotel, session };
}
