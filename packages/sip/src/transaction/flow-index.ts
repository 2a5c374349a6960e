/** Which transactions hang on which connection, so that a closed one costs only its own. */
export class FlowIndex<T> {
  readonly #byFlow = new Map<string, Set<T>>();

  add(flowId: string, item: T): void {
    const items = this.#byFlow.get(flowId);
    if (items) items.add(item);
    else this.#byFlow.set(flowId, new Set([item]));
  }

  delete(flowId: string, item: T): void {
    const items = this.#byFlow.get(flowId);
    if (!items) return;
    items.delete(item);
    if (items.size === 0) this.#byFlow.delete(flowId);
  }

  /** Removes and gives all items of the flow. */
  take(flowId: string): T[] {
    const items = this.#byFlow.get(flowId);
    this.#byFlow.delete(flowId);
    return items ? [...items] : [];
  }
}
