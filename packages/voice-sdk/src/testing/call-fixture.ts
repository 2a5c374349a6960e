import type { OutgoingInvite, SipFailure } from '@intermix/sip';
import type { VoiceCall } from '../call/voice-call.js';
import type { VoiceClient } from '../client/voice-client.js';
import { answeredSession, type Page, registeredPage, settle } from './page-fixture.js';

/** A page at which a call rings; `invite` is the server's end. */
export interface Ringing extends Page {
  client: VoiceClient;
  invite: OutgoingInvite;
  call: VoiceCall;
}

/** A registered page that is being called, with the SDP of a server as ours unless `sdp` says otherwise (null: a late offer). */
export async function ringingPage(
  options: Parameters<typeof registeredPage>[0] = {},
  call: { sdp?: string | null } = {},
): Promise<Ringing> {
  const page = await registeredPage(options);
  const incoming = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call(call);
  return { ...page, invite, call: await incoming };
}

/** How the server's INVITE failed. */
export function failureOf(invite: OutgoingInvite): Promise<SipFailure> {
  return new Promise((resolve) => invite.on('failed', resolve));
}

/** A page in a call; `session` is the server's end. */
export async function connectedPage(sdp?: string, options: Parameters<typeof registeredPage>[0] = {}) {
  const page = await ringingPage(options, sdp ? { sdp } : {});
  const [session] = await Promise.all([answeredSession(page.invite), page.call.answer()]);
  await settle();
  return { ...page, session };
}
