import { isIPv6 } from 'node:net';
import type { SwitchboardConfig } from '@intermix/calls';
import type { Clock, Logger } from '@intermix/kernel';
import { StunServer } from '@intermix/media';
import { defaultBindAddress } from '@intermix/media/embedded';
import type { Config } from './config/settings.js';
import type { Teardown } from './teardown.js';

type Settings = Pick<Config, 'mediaAddress' | 'stunPort' | 'turnUrls' | 'turnSecret' | 'turnLifetimeSec'>;

/** Opens our own STUN port, and gives what browsers are told of STUN and TURN. A port that is taken is logged: never rejects. */
export async function iceServersSide(options: {
  config: Settings;
  clock: Clock;
  logger: Logger;
  teardown: Pick<Teardown, 'add'>;
}): Promise<NonNullable<SwitchboardConfig['iceServers']>> {
  const { mediaAddress, turnUrls, turnSecret, turnLifetimeSec } = options.config;
  const port = await startStun(options);
  const host = isIPv6(mediaAddress) ? `[${mediaAddress}]` : mediaAddress;
  return {
    stunUrls: port === undefined ? [] : [`stun:${host}:${port}`],
    ...(turnUrls ? { turnUrls } : {}),
    ...{ turnSecret, turnLifetimeSec },
  };
}

async function startStun({
  config,
  clock,
  logger,
  teardown,
}: Parameters<typeof iceServersSide>[0]): Promise<number | undefined> {
  const { mediaAddress, stunPort: port } = config;
  if (port === 0) return undefined;
  const server = new StunServer({ host: defaultBindAddress(mediaAddress), port, clock, logger });
  try {
    await server.start();
  } catch (error) {
    logger.warn({ err: error, port }, 'no STUN: set INTERMIX_STUN_PORT to a free port, or to 0');
    return undefined;
  }
  teardown.add('STUN', () => server.stop());
  return port;
}
