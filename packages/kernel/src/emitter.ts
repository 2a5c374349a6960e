/** Event name → tuple of listener arguments. */
export type EventMap = object;

type Listener = (...args: never[]) => void;
type ArgsOf<T> = T extends unknown[] ? T : never;

/**
 * A synchronous, typed event emitter that runs in Node and in a browser.
 * A listener that throws does not keep the others from hearing; its error goes to `onListenerError`.
 */
export class TypedEmitter<Events extends EventMap> {
  /** Never changed in place, so that an event goes to those who listened when it began. Made with the first listener. */
  #listeners: Map<keyof Events, readonly Listener[]> | undefined;

  /** Where the error of a throwing listener goes. Replaced by the composition root with a logging one. */
  static onListenerError: (error: unknown, event: PropertyKey) => void = (error) => {
    queueMicrotask(() => {
      throw error;
    });
  };

  /** Subscribes; the returned function unsubscribes. */
  on<E extends keyof Events>(event: E, listener: (...args: ArgsOf<Events[E]>) => void): () => void {
    this.#listeners ??= new Map();
    const before = this.#listeners.get(event);
    if (!before) this.#listeners.set(event, [listener as Listener]);
    else if (!before.includes(listener as Listener)) this.#listeners.set(event, [...before, listener as Listener]);
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
    const before = this.#listeners?.get(event);
    if (!before?.includes(listener as Listener)) return;
    if (before.length === 1) this.#listeners?.delete(event);
    else {
      this.#listeners?.set(
        event,
        before.filter((other) => other !== listener),
      );
    }
  }

  /** How many listeners an event has. */
  listenerCount(event: keyof Events): number {
    return this.#listeners?.get(event)?.length ?? 0;
  }

  /** Tells all listeners of the event, in the order in which they subscribed. */
  protected emit<E extends keyof Events>(event: E, ...args: ArgsOf<Events[E]>): boolean {
    const listeners = this.#listeners?.get(event);
    if (!listeners) return false;
    for (const listener of listeners) {
      try {
        listener(...(args as never[]));
      } catch (error) {
        TypedEmitter.onListenerError(error, event);
      }
    }
    return true;
  }

  protected removeAllListeners(): void {
    this.#listeners = undefined;
  }
}
