import type { SpeechField, SpeechProblem } from '../speech-error.js';

/** What the conversion thread is started with. */
export interface ConversionOrder {
  audio: Uint8Array;
  maxMs: number;
}

/** Its one answer. */
export type ConversionAnswer =
  | { wav: Uint8Array }
  | { problem: SpeechProblem; message: string; field: SpeechField }
  | { unforeseen: string };
