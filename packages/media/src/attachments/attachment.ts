import type { Clock, Random } from '@intermix/kernel';

// What runs beside a leg in its media process: recorder, streams to bots. The media package knows how such a thing meets a
// leg's audio, and nothing of what it does with it; which kinds there are is decided where the media process is composed.

/** A frame of linear PCM: 16 bit, mono, 8 kHz. Shared by all who listen: not to be written to. */
export interface AudioFrame {
  samples: Int16Array;
  /**
   * Place of the first sample in its stream, in samples; runs on over wraps and pauses. Unknown zero. It is what the RTP
   * timestamps say: lost frames leave a gap, late ones come with the place that they should have had.
   */
  position: number;
  /** Names the stream that `position` belongs to; a change (another SSRC, a restart) means a new unknown zero. */
  source: number;
  /** When it came or went, on the process's clock. */
  atMs: number;
}

/** Who feeds a leg's far end: asked for 160 samples each 20 ms. */
export interface AudioSource {
  /** Undefined: nothing to say now, the far end is sent silence for this frame. */
  next(): Int16Array | undefined;
}

/** One leg's audio as an attachment sees it. Functions that subscribe give back how to end it. */
export interface LegAudio {
  readonly callId: string;
  readonly legId: string;
  /** What the far end says, decoded, as it arrives: order, loss and late packets as on the wire. Not while it is on hold. */
  onReceived(listener: (frame: AudioFrame) => void): () => void;
  /** What the far end is sent, decoded, whoever feeds it: bridge, tone, file, source. Not while it is on hold. */
  onSent(listener: (frame: AudioFrame) => void): () => void;
  /**
   * Feeds the far end in place of bridge, tone and file, until ended; the last one to feed is heard. While the far end is
   * on hold, or is sent a digit, the source is not asked: nothing of it is lost. On a leg with Opus it is encoded: half a
   * millisecond of work for each frame.
   */
  feed(source: AudioSource): () => void;
  /** Feeds, as `feed` does, the leg that this one is joined with now. Does nothing while it is joined with none. */
  feedPartner(source: AudioSource): () => void;
  /** It has been joined with another leg, perhaps not for the first time. */
  onJoined(listener: () => void): () => void;
  /** Whether a party has put the other on hold, as this leg knows it: it talked both ways, and does not now. */
  readonly isHeld: boolean;
  /** A digit of the far end (RFC 4733), told once at its end. */
  onDigit(listener: (digit: { digit: string; durationMs: number }) => void): () => void;
}

export interface AttachmentContext {
  readonly audio: LegAudio;
  readonly clock: Clock;
  readonly random: Random;
  /** Tells the server something; structured-cloned. Never audio. */
  emit(event: unknown): void;
  /** It is over, and this is what came of it. Once; afterwards nothing of it runs. */
  ended(result: unknown): void;
}

/** One running thing. No method may throw. */
export interface Attachment {
  /** A word from the server. */
  handle(command: unknown): void;
  /**
   * To end now, for this reason (`closed` by the server, `leg-closed`, `stopping`): `ended` follows, within seconds. Called
   * once. After 30 s, or 5 s when the process is stopping, it counts as ended without a result.
   */
  close(reason: AttachmentCloseReason): void;
}

export type AttachmentCloseReason = 'closed' | 'leg-closed' | 'stopping';

/** Makes an attachment of its kind. May throw MediaError (`bad-argument`): the server's `attach` rejects with it. */
export type AttachmentFactory = (spec: unknown, context: AttachmentContext) => Attachment;

/** The server's side of an attachment. It outlives its leg for as long as it takes to end well. */
export interface MediaAttachment {
  readonly callId: string;
  readonly legId: string;
  readonly kind: string;
  /** Resolves once; never rejects. `engine-lost`: the media process died. */
  readonly ended: Promise<AttachmentEnd>;
  onEvent(listener: (event: unknown) => void): () => void;
  /** A word to it; lost when it has ended. */
  tell(command: unknown): void;
  /** Asks it to end. May be called twice. */
  close(): void;
}

/** `result` is what `AttachmentContext.ended` was given; undefined when it failed or did not end in time. */
export type AttachmentEnd = { how: 'ended'; result: unknown } | { how: 'engine-lost' };

/** How a file's playing ended. */
export interface PlayEnd {
  how: 'played' | 'stopped';
  playedMs: number;
}
