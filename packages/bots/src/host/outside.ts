import type { Clock } from '@intermix/kernel';
import { OutboundClient, openGuardedWebSocket } from '@intermix/outbound';
import type { BotOutside } from '../session/bot.js';

/** What bots open outside of the platform, by the guarded client. */
export function botOutside({ clock, allowPrivate }: { clock: Clock; allowPrivate: boolean }): BotOutside {
  return {
    http: new OutboundClient({ clock, allowPrivate }),
    openWebSocket: (url, options, handlers) => openGuardedWebSocket(url, { clock, allowPrivate, ...options }, handlers),
  };
}
