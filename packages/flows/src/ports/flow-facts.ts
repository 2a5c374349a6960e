/** What a document's author may name, and whether it is there. Implemented where stores and the outbound client meet. */
export interface FlowFacts {
  hasUser(accountSid: string, appId: string, userId: string): Promise<boolean>;
  /** Whether the number is one of the account's, `+E.164`. */
  hasNumber(accountSid: string, number: string): Promise<boolean>;
  hasPrompt(accountSid: string, promptId: string): Promise<boolean>;
  hasBot(accountSid: string, botId: string): Promise<boolean>;
  /** A sentence when the URL may not be opened. */
  whyRefused(url: string): string | undefined;
}
