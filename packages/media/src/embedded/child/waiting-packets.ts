/** libuv reads at most 32 datagrams of a socket in a turn of the event loop: four turns take 2.5 s of a leg's audio. */
const turns = 4;

/**
 * Resolves when the packets that the kernel keeps for this process have been handled. A process that stood still finds them and
 * the word that ends their leg together: what was said before the end is heard first.
 */
export async function waitingPackets(): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
