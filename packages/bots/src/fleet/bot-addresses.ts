import { exotelPath } from '../gate/exotel-ingress.js';
import type { FleetAddresses } from './fleet.js';

/** Where the streams of bots are to be opened, as operators say. */
export class BotAddresses {
  readonly #fleet: FleetAddresses;
  /** Where others reach this installation's HTTP; undefined when its operator did not say. */
  readonly publicUrl: string | undefined;

  constructor(deps: { fleet: FleetAddresses; publicUrl: string | undefined }) {
    this.#fleet = deps.fleet;
    this.publicUrl = deps.publicUrl;
  }

  /** The first server of the account's fleet, else the installation's public URL. Undefined when neither was said. */
  async baseOf(accountSid: string): Promise<string | undefined> {
    return (await this.#fleet.coreFleet(accountSid))[0] ?? this.publicUrl;
  }
}

/** What Exotel's Voicebot applet is to open: `base` (http, https) with ws for http and wss for https. */
export function websocketUrlOf(base: string, botId: string): string {
  return `${base.replace(/^http/, 'ws')}${exotelPath}${encodeURIComponent(botId)}`;
}
