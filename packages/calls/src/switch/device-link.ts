import type { Clock, Logger, Timer } from '@intermix/kernel';
import { type Flow, type InviteSession, PAGE_GONE } from '@intermix/sip';
import type { Binding } from '../registrar/location-store.js';
import type { SwitchConfig } from './switch-config.js';

/** The device behind a browser leg, as far as it is needed to know it again after a broken connection. */
export type Device = Pick<Binding, 'accountSid' | 'sipUsername' | 'instance'> & Partial<Pick<Binding, 'regId'>>;

export interface DeviceLinkDeps {
  clock: Clock;
  logger: Logger;
  config: Pick<SwitchConfig, 'graceMs' | 'pageGraceMs' | 'takeUpMs'>;
  /** The devices that are registered over a connection. */
  devicesOn: (flow: Flow) => readonly Device[];
}

/**
 * Which page or telephone speaks for a leg, and how long it is waited for when its connection breaks.
 *
 *   linked ──connection breaks──► awaited ──grace is over──► lost
 *      ▲                             │
 *      └──registers, or speaks───────┘
 */
export class DeviceLink {
  readonly #deps: DeviceLinkDeps;
  readonly #legId: string;
  #device: Device | undefined;
  #grace: { timer: Timer; endsAt: number; isPageGone: boolean } | undefined;

  constructor(legId: string, device: Device | undefined, deps: DeviceLinkDeps) {
    this.#legId = legId;
    this.#device = device;
    this.#deps = deps;
  }

  /** The page or telephone that talks. Another page of the same user may take a call up. */
  get device(): Device | undefined {
    return this.#device;
  }

  /** True between a broken connection and its return, or the end of the grace. */
  get isAwaited(): boolean {
    return this.#grace !== undefined;
  }

  /** How long the device is still waited for, milliseconds; undefined while it is not. */
  get awaitedForMs(): number | undefined {
    return this.#grace && this.#grace.endsAt - this.#deps.clock.now();
  }

  /** A page that has loaded again has no media until its re-INVITE, and a person may have to allow the microphone first. */
  get takeUpMs(): number | undefined {
    return this.#grace?.isPageGone ? this.#deps.config.takeUpMs : undefined;
  }

  /** The connection broke: waits for the device, and calls `lost` when it does not come. */
  await(flow: Flow, lost: () => void): void {
    const { clock, config } = this.#deps;
    const isPageGone = flow.closeCode === PAGE_GONE;
    const graceMs = isPageGone ? config.pageGraceMs : config.graceMs;
    this.#grace = { timer: clock.schedule(graceMs, lost), endsAt: clock.now() + graceMs, isPageGone };
  }

  /** It is back, or nobody waits any more. */
  endWait(): void {
    this.#grace?.timer.cancel();
    this.#grace = undefined;
  }

  /**
   * Call-ID and tags are known to whoever has seen a page's snapshot: over a WebSocket they prove nobody. The connection
   * that the dialog has is its device's; any other one speaks for it only while this very user is registered on it.
   * Telephones and carriers are followed as ever, and datagrams, whose source can be forged, never take a page's call.
   */
  maySpeak({ flow: own }: InviteSession, flow: Flow): boolean {
    const user = this.#device;
    if (!user || (own.protocol !== 'WS' && own.protocol !== 'WSS')) return true;
    const may = flow.reliable && this.#devicesOf(user, flow).length > 0;
    if (!may)
      this.#deps.logger.warn(
        { legId: this.#legId, flow: flow.id },
        'request in the dialog of another connection refused',
      );
    return may;
  }

  /**
   * Another page of the same user may have taken the call up: its first request shows it, since it knows the dialog. From
   * now on that page is the one that is waited for. True when the device was awaited, and so is back.
   */
  follow(flow: Flow): boolean {
    const own = this.#device;
    if (!own || flow.closed) return false;
    const there = this.#devicesOf(own, flow);
    if (there.length > 0 && !there.some((device) => device.instance === own.instance)) this.#device = there[0];
    return this.isAwaited;
  }

  /** Is this a registration of the leg's device? */
  isOf(binding: Binding, isAwaited = this.isAwaited): boolean {
    const device = this.#device;
    if (!device || !isSameUser(device, binding)) return false;
    // Clients without an instance (Exotel's SDK) come back with another contact: the user is all that is the same, so
    // that is taken only while this leg's own connection is broken.
    return device.instance === undefined ? isAwaited : binding.instance === device.instance;
  }

  #devicesOf(user: Device, flow: Flow): readonly Device[] {
    return this.#deps.devicesOn(flow).filter((device) => isSameUser(user, device));
  }
}

function isSameUser(one: Device, other: Device): boolean {
  return one.accountSid === other.accountSid && one.sipUsername === other.sipUsername;
}
