import type { MediaAttachment } from '@intermix/media';

// What is used of the streaming package, whose `openStream` this is.

/** A stream as a flow asks for it. */
export interface StreamRequest {
  /** Where the bot is; empty when `botId` names one of the account's own. */
  url: string;
  botId?: string | undefined;
  mode: 'bidirectional' | 'one-way';
  tracks?: 'inbound' | 'outbound' | 'both' | undefined;
  customParameters?: Readonly<Record<string, string>> | undefined;
  callSid: string;
  accountSid: string;
  from: string;
  to: string;
  /** What an `https://` URL is asked with. */
  callParameters?: Readonly<Record<string, string>> | undefined;
  /** The longest that it may last. */
  maxDurationSec?: number | undefined;
  /** Where digits come from. */
  onDigit?: ((listener: (digit: { digit: string; durationMs: number }) => void) => () => void) | undefined;
}

/** How a stream ended, as the next Passthru tells it. */
export interface StreamResult {
  status: 'completed' | 'failed' | 'cancelled';
  disconnectedBy: 'user' | 'bot' | 'NA';
  durationSec: number;
  error?: string | undefined;
  detailedStatus?: string | undefined;
  streamUrl: string;
  streamSid: string;
  /** Of the call that was recorded while the stream ran; the flow adds it. */
  recordingUrl?: string | undefined;
}

export interface OpenStream {
  readonly streamSid: string;
  /** Resolves once, and never rejects. */
  readonly ended: Promise<StreamResult>;
  /** Asks it to end. May be called twice. */
  stop(): void;
}

/** Opens a stream on the leg that `attach` belongs to. Rejects when it cannot even be tried. */
export type StreamOpener = (
  attach: (kind: string, spec: unknown) => Promise<MediaAttachment>,
  request: StreamRequest,
) => Promise<OpenStream>;
