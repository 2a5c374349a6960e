/** A flow as it is kept. The document was checked when it was written. */
export interface StoredFlow {
  id: string;
  accountSid: string;
  name: string;
  /** Of the document; counts from 1. */
  version: number;
  document: unknown;
  createdAt: Date;
  updatedAt: Date;
}

export interface FlowVersion {
  version: number;
  document: unknown;
  createdAt: Date;
}

/**
 * Flows of an account. Implemented by the store, whose conflicts carry the code `ERR_STORE_CONFLICT` and the field. Reads
 * give undefined, and deletions false, for what the account does not have.
 */
export interface FlowStore {
  /** Throws a conflict on `name` when the account has a flow of that name, on `flows` when it has 1,000. */
  create(accountSid: string, flow: { name: string; document: object }): Promise<StoredFlow>;
  /** Keeps the document as a new version, and the last 100 of them. Throws a conflict on `name`. */
  update(accountSid: string, flowId: string, flow: { name: string; document: object }): Promise<StoredFlow | undefined>;
  /** Cached: it is asked for each call. */
  find(accountSid: string, flowId: string): Promise<StoredFlow | undefined>;
  /** Oldest first, without their documents. */
  list(accountSid: string): Promise<Array<Omit<StoredFlow, 'document'>>>;
  /** Newest first, at most 100; undefined when there is no such flow. */
  versions(accountSid: string, flowId: string): Promise<FlowVersion[] | undefined>;
  /** With all versions. Throws a conflict on `flow` while a number leads to it. */
  delete(accountSid: string, flowId: string): Promise<boolean>;
}
