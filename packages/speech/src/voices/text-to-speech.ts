/** An engine that speaks. */
export interface TextToSpeech {
  /** Names the engine and what makes its voice another one (model, address): audio is kept by it. */
  readonly id: string;
  /** The voice when none is asked for. */
  readonly defaultVoice: string;
  /** A text, as one audio file (WAV or MP3). Rejects with SpeechError: `unknown-voice`, `engine-failed`. */
  speak(text: string, voice: string): Promise<Buffer>;
}
