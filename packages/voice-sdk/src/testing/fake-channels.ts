/** One end of a channel, in one tab. */
export class FakeChannel {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  closed = false;

  constructor(
    readonly name: string,
    readonly tab: object,
    readonly hub: FakeChannels,
  ) {}

  postMessage(data: unknown): void {
    if (this.closed) throw Object.assign(new Error('the channel is closed'), { name: 'InvalidStateError' });
    this.hub.carry(this, data);
  }

  close(): void {
    this.closed = true;
  }
}

/** The broadcast channels of one browser profile. Frozen tabs hear when they are thawed, dead ones nothing. */
export class FakeChannels {
  readonly posted: Array<{ name: string; data: any }> = [];
  readonly #ends: FakeChannel[] = [];
  readonly #frozen = new Map<object, Array<() => void>>();

  open(name: string, tab: object): FakeChannel {
    const end = new FakeChannel(name, tab, this);
    this.#ends.push(end);
    return end;
  }

  carry(from: FakeChannel, data: unknown): void {
    this.posted.push({ name: from.name, data });
    for (const end of this.#ends) {
      if (end === from || end.name !== from.name || end.closed) continue;
      const copy = structuredClone(data);
      queueMicrotask(() => this.#deliver(end, copy));
    }
  }

  freeze(tab: object): void {
    this.#frozen.set(tab, []);
  }

  thaw(tab: object): void {
    const waiting = this.#frozen.get(tab) ?? [];
    this.#frozen.delete(tab);
    for (const deliver of waiting) deliver();
  }

  crash(tab: object): void {
    for (const end of this.#ends) if (end.tab === tab) end.closed = true;
  }

  /** Ends that are open in the tab. */
  openIn(tab: object): number {
    return this.#ends.filter((end) => end.tab === tab && !end.closed).length;
  }

  #deliver(end: FakeChannel, data: unknown): void {
    if (end.closed) return;
    const waiting = this.#frozen.get(end.tab);
    if (waiting) waiting.push(() => this.#deliver(end, data));
    else end.onmessage?.({ data });
  }
}
