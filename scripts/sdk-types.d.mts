/** Entry of the package → its source below `packages/voice-sdk/src`, without extension. */
export function sdkEntries(): Record<string, string>;
/** Undefined where there is no compiler. */
export function sdkTypes(): Promise<
  | {
      /** Entry → public surface as markdown. */
      surfaces: Map<string, string>;
      /** File name → text of the rolled-up declarations. */
      declarations: Map<string, string>;
    }
  | undefined
>;
/** Writes the declarations to `packages/voice-sdk/dist/types`. */
export function buildSdkTypes(): Promise<void>;
