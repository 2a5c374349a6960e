import type { StoredBot } from '../ports/bot-store.js';
import { websocketUrlOf } from './bot-addresses.js';
import type { Fleet, FleetChoice } from './fleet.js';

/**
 * Where a call's bot is to be opened when this server takes no more of them: on the server of the account's fleet that has
 * most room, with the credentials that the bot's WebSocket wants. Throws FleetError when none has room.
 */
export async function urlOnFleet(
  fleet: Pick<Fleet, 'chooseFleetServer'>,
  { id, accountSid, auth }: Pick<StoredBot, 'id' | 'accountSid' | 'auth'>,
  choice: FleetChoice = {},
): Promise<string> {
  const url = new URL(websocketUrlOf(await fleet.chooseFleetServer(accountSid, choice), id));
  if (auth.type === 'token') url.searchParams.set('token', auth.token);
  if (auth.type === 'basic') {
    url.username = encodeURIComponent(auth.username);
    url.password = encodeURIComponent(auth.password);
  }
  return url.href;
}
