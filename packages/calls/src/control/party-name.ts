import type { ConnectParty } from './call-control.js';

/** A party as records and programs name it: user id, number, or carrier id. */
export function partyName(party: ConnectParty): string {
  if (party.type === 'user') return party.userId;
  return party.type === 'number' ? party.number : party.carrierId;
}
