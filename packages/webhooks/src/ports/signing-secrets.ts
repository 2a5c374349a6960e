/** One of an app's secrets for signing, as Standard Webhooks write it. */
export interface SigningSecret {
  id: string;
  /** `whsec_` and base64 of 32 octets. */
  secret: string;
  createdAt: Date;
  /** Until when it signs beside its successor; undefined for the current one. */
  expiresAt: Date | undefined;
}

export interface SigningSecrets {
  /**
   * Those in force, newest first; the first one is made on first need. Undefined when the account has no such app.
   * Cached.
   */
  inForce(accountSid: string, appId: string): Promise<SigningSecret[] | undefined>;
  /**
   * Makes a new one; the old ones sign beside it for `overlapHours` (0: no longer). At most 5 are in force: the oldest
   * goes. Undefined when the account has no such app.
   */
  rotate(accountSid: string, appId: string, overlapHours: number): Promise<SigningSecret | undefined>;
}
