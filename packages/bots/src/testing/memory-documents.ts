import { emptyDocument, type SystemDocument, type SystemDocuments } from '../settings/system-documents.js';

/** Keeps documents in memory: the port as the store implements it. */
export function memoryDocuments(): SystemDocuments & { all(): readonly SystemDocument[] } {
  const documents = new Map<string, SystemDocument>();
  const keyOf = (accountSid: string, type: string) => JSON.stringify([accountSid, type]);
  return {
    find: async (accountSid, type) => structuredClone(documents.get(keyOf(accountSid, type))),
    async change(accountSid, type, change) {
      const key = keyOf(accountSid, type);
      const after = change(structuredClone(documents.get(key) ?? emptyDocument));
      documents.set(key, structuredClone(after));
      return after;
    },
    all: () => [...documents.values()],
  };
}
