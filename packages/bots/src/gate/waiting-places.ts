/** Places for upgrades that wait for the database: so many in all, and one source has half of them at most. */
const maxWaiting = 400;
const maxOfSource = 200;

export class WaitingPlaces {
  readonly #bySource = new Map<string, number>();
  #taken = 0;

  /** False when there is none for the source; else it is to be left. */
  enter(source: string): boolean {
    const ofSource = this.#bySource.get(source) ?? 0;
    if (this.#taken >= maxWaiting || ofSource >= maxOfSource) return false;
    this.#taken++;
    this.#bySource.set(source, ofSource + 1);
    return true;
  }

  leave(source: string): void {
    this.#taken--;
    const left = (this.#bySource.get(source) ?? 1) - 1;
    if (left > 0) this.#bySource.set(source, left);
    else this.#bySource.delete(source);
  }
}
