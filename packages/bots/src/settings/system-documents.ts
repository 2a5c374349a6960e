/** What an operator has set of one kind (`exotel`, `system`): values as they are, secrets apart from them. */
export interface SystemDocument {
  /** Plain JSON. */
  readonly values: Readonly<Record<string, unknown>>;
  /** By name. Encrypted at rest. */
  readonly secrets: Readonly<Record<string, string>>;
}

export const emptyDocument: SystemDocument = { values: {}, secrets: {} };

/** One document of each type in an account. Implemented by the store. */
export interface SystemDocuments {
  find(accountSid: string, type: string): Promise<SystemDocument | undefined>;

  /**
   * Puts what `change` makes of the document; of the empty one when there is none. Changes of one document run after one
   * another, also those of several servers. When `change` throws, nothing is written.
   */
  change(accountSid: string, type: string, change: (before: SystemDocument) => SystemDocument): Promise<SystemDocument>;
}
