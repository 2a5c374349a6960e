/** A prompt that an account keeps. Its audio is a file, found by its hash. */
export interface PromptRecord {
  id: string;
  accountSid: string;
  /** One of its kind in the account. */
  name: string;
  /** SHA-256 of the file that is played, hexadecimal. */
  sha256: string;
  durationMs: number;
  /** Octets of the file that is played. */
  bytes: number;
  createdAt: Date;
}

/** Where prompts are kept. Implemented by the store. */
export interface PromptDirectory {
  /** Throws ERR_STORE_CONFLICT on `name` when the account has one of that name. */
  create(prompt: PromptRecord): Promise<void>;
  find(accountSid: string, id: string): Promise<PromptRecord | undefined>;
  /** Oldest first. */
  list(accountSid: string): Promise<PromptRecord[]>;
  count(accountSid: string): Promise<number>;
  /** Whether a prompt of the account has this audio. */
  hasAudio(accountSid: string, sha256: string): Promise<boolean>;
  /** What it was; undefined when there was none. Throws ERR_STORE_CONFLICT on `id` while a flow plays it, naming the flows. */
  delete(accountSid: string, id: string): Promise<PromptRecord | undefined>;
}
