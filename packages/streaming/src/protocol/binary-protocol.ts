// Our own way to carry audio, for bots that ask for it: each media message is the bare samples of 20 ms (any even number of
// octets from the bot), as a binary message; every other message stays JSON. Offered as a WebSocket sub-protocol, so that a
// bot which does not know of it is spoken to in JSON.

/** The sub-protocol that is offered, and chosen by a bot that takes it. */
export const binaryProtocol = 'intermix.pcm20';

export const binaryFrameMs = 20;
