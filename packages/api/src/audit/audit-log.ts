/**
 * Who did it: a person who signed in, or a machine: with the account's API key (`id` is the account's sid then), or with the
 * token of a customer or of an app.
 */
export interface Actor {
  type: 'person' | 'api-key' | 'customer' | 'app';
  id: string;
  /** E-mail address of the person as it is now; for a key or a token, what it is. */
  name: string;
}

/** A change of a field; no value of a secret is in it. */
export type FieldChange = { from?: unknown; to?: unknown } | { secret: true } | { more: number };

/** A change, before it is put on record. */
export interface NewAuditEntry {
  accountSid: string;
  actor: Actor;
  /** As the operation of the API is called: `updateCarrier`. */
  action: string;
  resource: { type: string; id: string | undefined };
  /** By the field's path. */
  changes: Readonly<Record<string, FieldChange>>;
  /** Address that the request came from. */
  source: string;
  requestId: string;
}

export interface AuditEntry extends Omit<NewAuditEntry, 'changes'> {
  id: string;
  at: Date;
  changes: Readonly<Record<string, object>>;
}

export interface AuditFilter {
  accountSid: string;
  actorId?: string | undefined;
  action?: string | undefined;
  resourceType?: string | undefined;
  resourceId?: string | undefined;
  /** Belongs to the stretch of time. */
  from?: Date | undefined;
  /** Belongs to it no more. */
  to?: Date | undefined;
}

/** Who changed what, when and from where. Implemented by the store. */
export interface AuditLog {
  /** All of them, or none. */
  append(...entries: NewAuditEntry[]): Promise<void>;
  /** Newest first. */
  list(
    query: AuditFilter & { limit: number; cursor?: string | undefined },
  ): Promise<{ entries: AuditEntry[]; nextCursor: string | undefined }>;
}
