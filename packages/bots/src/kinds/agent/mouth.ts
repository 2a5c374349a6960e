import type { BotSession } from '../../session/bot.js';
import { SpokenItem } from './spoken-item.js';

/** An item that the caller talked into, or that never came to be heard. */
export interface CutItem {
  itemId: string;
  contentIndex: number;
  heardMs: number;
}

/** Of one response at once; a provider that makes more of them is no provider of speech. */
const maxItems = 50;
const maxForgotten = 200;
const maxWords = 8_000;

/** What the provider says, item by item, until it has been heard or was cut off. */
export class Mouth {
  readonly #session: BotSession;
  readonly #told: (item: SpokenItem) => void;
  readonly #items = new Map<string, SpokenItem>();
  readonly #marks = new Map<string, () => void>();
  /** Items that were cut off: what still comes of them is not said. */
  readonly #cut = new Set<string>();
  #marked = 0;

  /** `told`: an item is over, and how much of it was heard is known. */
  constructor(deps: { session: BotSession; told: (item: SpokenItem) => void }) {
    this.#session = deps.session;
    this.#told = deps.told;
  }

  /** Whether something is being heard, or about to be. */
  get isSpeaking(): boolean {
    return this.#items.size > 0 || this.#session.queuedMs > 0;
  }

  say(event: { responseId: string; itemId: string; contentIndex: number; audio: Buffer }): void {
    const item = this.#itemOf(event);
    if (item === undefined) return;
    if (!item.hasAudio) this.onceHeard(() => item.begun());
    item.say(event.audio);
  }

  words(event: { responseId: string; itemId: string; text: string; isWhole: boolean }): void {
    const item = this.#itemOf({ ...event, contentIndex: 0 });
    if (item === undefined) return;
    item.words = (event.isWhole ? event.text : item.words + event.text).slice(0, maxWords);
    item.hasAllWords ||= event.isWhole;
    this.#settle(item);
  }

  /** All audio of an item is there. */
  audioDone(itemId: string): void {
    const item = this.#items.get(itemId);
    if (item === undefined || item.isDone) return;
    item.finish();
    this.onceHeard(() => {
      item.isHeard = true;
      this.#settle(item);
    });
  }

  /** A response is over, or the provider is lost: nothing more comes of its items. */
  responseDone(responseId?: string): void {
    for (const item of this.#items.values()) {
      if (responseId !== undefined && item.responseId !== responseId) continue;
      item.hasAllWords = true;
      if (item.hasAudio) this.audioDone(item.itemId);
      else this.#forget(item);
      this.#settle(item);
    }
  }

  /** Drops what was not heard yet, at once. Gives the items that were not heard to their end. */
  interrupt(): CutItem[] {
    const heard = [...this.#items.values()]
      .filter(({ hasAudio }) => hasAudio)
      .map((item) => ({ item, heardMs: item.heardMs }));
    this.#marks.clear();
    this.#session.clear();
    for (const item of this.#items.values()) this.#cutOff(item);
    return heard.map(({ item: { itemId, contentIndex }, heardMs }) => ({ itemId, contentIndex, heardMs }));
  }

  /** When everything that was said so far has been heard. Never, when it is cut off. */
  onceHeard(action: () => void): void {
    const name = `agent-${++this.#marked}`;
    this.#marks.set(name, action);
    this.#session.mark(name);
  }

  handleMark(name: string): void {
    const action = this.#marks.get(name);
    this.#marks.delete(name);
    action?.();
  }

  close(): void {
    for (const item of this.#items.values()) this.#cutOff(item);
  }

  #itemOf(of: { responseId: string; itemId: string; contentIndex: number }): SpokenItem | undefined {
    if (this.#cut.has(of.itemId)) return undefined;
    const known = this.#items.get(of.itemId);
    if (known !== undefined || this.#items.size >= maxItems) return known;
    const item = new SpokenItem({ ...of, session: this.#session });
    this.#items.set(of.itemId, item);
    return item;
  }

  #settle(item: SpokenItem): void {
    if (!item.isHeard || !item.hasAllWords || !this.#items.has(item.itemId)) return;
    this.#forget(item);
    this.#told(item);
  }

  /** What was heard of it is told; what still comes of it is not said. */
  #cutOff(item: SpokenItem): void {
    this.#forget(item);
    if (this.#cut.size >= maxForgotten) this.#cut.delete(this.#cut.values().next().value ?? '');
    if (item.itemId !== '') this.#cut.add(item.itemId);
    this.#told(item);
  }

  #forget(item: SpokenItem): void {
    item.close();
    this.#items.delete(item.itemId);
  }
}
