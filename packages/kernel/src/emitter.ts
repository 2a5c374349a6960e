/** Event name → tuple of listener arguments. */
export type EventMap = object;

type Listener = (...args: never[]) => void;
type ArgsOf<T> = T extends unknown[] ? T : never;

/**
 * A synchronous, typed event emitter that runs in Node and in a browser.
 * A listener that throws does not keep the others from hearing; its error goes to `onListenerError`.
 */
export class TypedEmitter<Events extends EventMap> {
  readonly #listeners = new Map<keyof Events, Set<Listener>>();

  /** Where the error of a throwing listener goes. Replaced by the composition root with a logging one. */
  static onListenerError: (error: unknown, event: PropertyKey) => void = (error) => {
    queueMicrotask(() => {
      throw error;
    });
  };

  /** Subscribes; the returned function unsubscribes. */
  on<E extends keyof Events>(event: E, listener: (...args: ArgsOf<Events[E]>) => void): () => void {
    const set = this.#listeners.get(event) ?? new Set<Listener>();
    this.#listeners.set(event, set);
    set.add(listener as Listener);
    return () => this.off(event, listener);
  }

  /** Subscribes for one event only. */
  once<E extends keyof Events>(event: E, listener: (...args: ArgsOf<Events[E]>) => void): () => void {
    const stop = this.on(event, (...args) => {
      stop();
      listener(...args);
    });
    return stop;
  }

  off<E extends keyof Events>(event: E, listener: (...args: ArgsOf<Events[E]>) => void): void {
    this.#listeners.get(event)?.delete(listener as Listener);
  }

  /** How many listeners an event has. */
  listenerCount(event: keyof Events): number {
    return this.#listeners.get(event)?.size ?? 0;
  }

  /** Tells all listeners of the event, in the order in which they subscribed. */
  protected emit<E extends keyof Events>(event: E, ...args: ArgsOf<Events[E]>): boolean {
    const set = this.#listeners.get(event);
    if (!set || set.size === 0) return false;
    for (const listener of [...set]) {
      try {
        listener(...(args as never[]));
      } catch (error) {
        TypedEmitter.onListenerError(error, event);
      }
    }
    return true;
  }

  protected removeAllListeners(): void {
    this.#listeners.clear();
  }
}
