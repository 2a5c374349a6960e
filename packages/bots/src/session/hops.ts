/** In the handshake of a bot that hands its stream on: how many did so, it included. */
export const hopsHeader = 'x-intermix-bot-hops';

/** A stream that was handed on more often goes round in a ring, or is about to. */
export const maxHops = 3;

/** What the handshake says; 0 for one that was not handed on by a bot of Intermix. */
export function hopsOf(shown: string | string[] | undefined): number {
  const hops = Number(shown ?? 0);
  return Number.isInteger(hops) && hops >= 0 ? hops : maxHops + 1;
}
