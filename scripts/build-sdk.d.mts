export const browserTarget: string[];
/** Bundles in memory: file name to text. */
export function bundleSdk(): Promise<Map<string, string>>;
/** Writes them to `packages/voice-sdk/dist`; gives the file names. */
export function buildSdk(): Promise<string[]>;
