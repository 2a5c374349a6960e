/** What is under way, by name: who asks for the same meanwhile gets the same. */
export class Flights<T> {
  readonly #flights = new Map<string, Promise<T>>();

  run(name: string, work: () => Promise<T>): Promise<T> {
    const running = this.#flights.get(name);
    if (running) return running;
    const flight = work().finally(() => this.#flights.delete(name));
    this.#flights.set(name, flight);
    return flight;
  }
}
