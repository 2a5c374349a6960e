// Paths for a page's audio that can end: as one network does when a device moves to another.
import { createSocket } from 'node:dgram';

/** Datagrams to its port reach the target from a new address, and answers come back, until `die()`: nobody is told. */
export async function startMediaPath(targetPort) {
  const front = await bound();
  const behind = new Map();
  let isDead = false;
  front.on('message', (data, from) => {
    if (isDead) return;
    const key = `${from.address}:${from.port}`;
    if (!behind.has(key)) {
      const socket = createSocket('udp4');
      socket.on('error', () => {});
      socket.on('message', (answer) => isDead || front.send(answer, from.port, from.address));
      behind.set(key, socket);
    }
    behind.get(key).send(data, targetPort, '127.0.0.1');
  });
  return {
    port: front.address().port,
    die() {
      if (isDead) return;
      isDead = true;
      front.close();
      for (const socket of behind.values()) socket.close();
    },
  };
}

function bound() {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
}

/**
 * For a page, before it loads the SDK: its audio takes the server's port that `mediaPort` names, and no other. What either side
 * writes into a session description is changed on its way, so that neither finds the other by another path.
 */
export function routeMedia() {
  let { prototype } = RTCPeerConnection; // The browser's own, below a class that the driver puts in its place.
  while (!Object.hasOwn(prototype, 'localDescription')) prototype = Object.getPrototypeOf(prototype);
  const apply = prototype.setRemoteDescription;
  prototype.setRemoteDescription = function (description) {
    const route = (_line, before, after) => `${before} ${window.mediaPort}${after}`;
    const sdp = description.sdp?.replace(/^(a=candidate:.* udp \d+ \S+) \d+( typ host.*)$/gim, route);
    return apply.call(this, { type: description.type, sdp });
  };
  const local = Object.getOwnPropertyDescriptor(prototype, 'localDescription');
  Object.defineProperty(prototype, 'localDescription', {
    get() {
      const description = local.get.call(this);
      return description && { type: description.type, sdp: description.sdp.replace(/^a=candidate:.*\r\n/gm, '') };
    },
  });
}

/** RTP packets that the page's newest connection has received; Chromium takes its figures anew every 50 ms. */
export const packetsIn = (page) =>
  page.evaluate(async () => {
    const report = (await window.intermixPeers?.at(-1)?.getStats()) ?? new Map();
    return [...report.values()].reduce(
      (sum, stat) => sum + (stat.type === 'inbound-rtp' ? stat.packetsReceived : 0),
      0,
    );
  });
