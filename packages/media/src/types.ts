import type { MediaAttachment, PlayEnd } from './attachments/attachment.js';

// The media seam. Everything above it speaks in these terms; which engine carries the audio is decided at start.

/** `webrtc`: ICE, DTLS-SRTP, one UDP port for all. `rtp`: plain RTP/AVP towards a carrier, a port pair of its own. */
export type LegKind = 'webrtc' | 'rtp';

/** SDP encoding names, spelled as in rtpmap. */
export type CodecName = 'PCMU' | 'PCMA' | 'opus';

/** Direction as *we* see it: `sendonly` = we send and the far end listens. RFC 3264 §5.1. */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface OfferOptions {
  /** In order of preference; default PCMU, PCMA for rtp, and opus besides for webrtc. telephone-event is always added. */
  codecs?: readonly CodecName[];
  direction?: MediaDirection;
}

export interface AnswerOptions {
  /** Codecs that may be chosen, in our order of preference; the one in force stays when it is among them. Default: any that the leg's kind knows. */
  codecs?: readonly CodecName[];
  /** What we would like; combined with the offer's direction as RFC 3264 §6.1 asks. Default sendrecv. */
  direction?: MediaDirection;
}

/** What an offer holds, read without creating anything. */
export interface SdpSummary {
  /** Known codecs in the offer's order. */
  codecs: CodecName[];
  /** Direction as the far end wrote it (`sendonly` = it sends only, that is: hold). `0.0.0.0` counts as `inactive`-or-`sendonly` hold. */
  direction: MediaDirection;
  kind: LegKind;
  telephoneEvent: boolean;
}

export interface LegStats {
  callId: string;
  legId: string;
  codec: CodecName | undefined;
  packetsSent: number;
  packetsReceived: number;
  octetsSent: number;
  octetsReceived: number;
  /** By sequence gaps of what we receive (RFC 3550 A.3), and as the far end's reports say of what we send. */
  packetsLost: number;
  remotePacketsLost: number | undefined;
  /** Interarrival jitter in milliseconds, ours and the far end's report. */
  jitterMs: number;
  remoteJitterMs: number | undefined;
  /** From RTCP LSR/DLSR; undefined until a report has come back. */
  roundTripMs: number | undefined;
  /** Milliseconds since the last RTP packet of the far end; undefined when none has come. */
  silentMs: number | undefined;
}

export interface MediaLegEvents {
  /** ICE and DTLS are up (webrtc), or the first RTP packet came (rtp). */
  connected: [];
  /** The transport broke or never came up. The leg may still be closed or re-offered. */
  failed: [reason: string];
  /** A digit pressed at this leg's far end (RFC 4733), told once at its end. */
  dtmf: [d: { digit: string; durationMs: number }];
  /** No RTP for longer than the engine's silence limit while it should come; told once until packets come again. */
  silence: [silentMs: number];
  /** Final. `engine-lost`: the child process died. */
  closed: [reason: 'closed' | 'engine-lost'];
}

/** One leg's media endpoint. Methods may reject with MediaError (`ERR_MEDIA`, `ERR_SDP`); a failed leg stays closable. */
export interface MediaLeg {
  readonly kind: LegKind;
  readonly callId: string;
  readonly legId: string;
  readonly closed: boolean;
  /** The codec in force after offer/answer. */
  readonly codec: CodecName | undefined;
  /** Direction in force, as we see it. */
  readonly direction: MediaDirection;
  on<E extends keyof MediaLegEvents>(e: E, fn: (...a: MediaLegEvents[E]) => void): () => void;
  /** Our offer, first or repeated (same ICE credentials, fingerprint, port; `o=` version raised only when the text changed). */
  offer(options?: OfferOptions): Promise<string>;
  /** The far end's answer to our offer. A second, different answer (another fork) replaces the first. */
  acceptAnswer(sdp: string): Promise<void>;
  /** The far end's offer, first or repeated (hold, ICE restart, new address): gives our answer. */
  acceptOffer(sdp: string, options?: AnswerOptions): Promise<string>;
  /** Sends digits by RFC 4733: `0-9 A-D * #`, `,` pauses 500 ms. Resolves when the last has been sent. */
  sendDtmf(digits: string, options?: { durationMs?: number }): Promise<void>;
  /** Plays a locally made tone to the far end instead of the bridge's audio, until stopped. */
  play(tone: ToneSpec): Promise<void>;
  /**
   * Plays a WAV file (8 kHz, mono, 16 bit PCM, at most 20 MB) instead of tone and bridge, again and again with `loop`. A
   * second file ends the first. Resolves when its last frame was sent or it was stopped, also by the end of the leg; while
   * the far end is on hold it waits. Rejects with MediaError: `bad-argument` names what is wrong with the file.
   */
  playFile(path: string, options?: { loop?: boolean }): Promise<PlayEnd>;
  /** Ends tone and file. */
  stop(): Promise<void>;
  /**
   * Starts what runs beside this leg in its media process: a recorder, a stream to a bot. `spec` is structured-cloned and
   * read by the kind's factory. It outlives the leg until it has ended, for 30 s at most. Rejects with MediaError:
   * `bad-argument` for a kind that the media process does not have, or as the factory says.
   */
  attach(kind: string, spec: unknown): Promise<MediaAttachment>;
  stats(): Promise<LegStats>;
  close(): void;
}

/** Frequencies sound together; the cadence repeats. Level in dBm0. */
export interface ToneSpec {
  frequenciesHz: readonly number[];
  onMs?: number;
  offMs?: number;
  /** On, off, on, off, …: a cadence that `onMs` and `offMs` cannot tell, in their place. An even count, 8 at most. */
  cadenceMs?: readonly number[];
  levelDbm0?: number;
}

export interface MediaEngineEvents {
  /** A media process died: these calls are lost. Their legs have emitted `closed` with `engine-lost`. */
  processLost: [lost: { pid: number; callIds: string[] }];
}

/** An engine with its processes. Built by `createEmbeddedEngine`. */
export interface MediaEngine {
  on<E extends keyof MediaEngineEvents>(e: E, fn: (...a: MediaEngineEvents[E]) => void): () => void;
  start(): Promise<void>;
  /** True when at least one process is able to take a leg. */
  readonly ready: boolean;
  /** Both legs of a call must carry the same `callId`: that pins them to one process. Idempotent by (callId, legId). */
  createLeg(options: { kind: LegKind; callId: string; legId: string }): Promise<MediaLeg>;
  /** Joins two legs of one call, both ways; a leg that was joined elsewhere leaves its partner. DTMF crosses as RFC 4733. */
  bridge(a: MediaLeg, b: MediaLeg): Promise<void>;
  unbridge(leg: MediaLeg): Promise<void>;
  readonly counts: { processes: number; legs: number };
  stop(): Promise<void>;
}

export interface EmbeddedEngineOptions {
  /** Address written into SDP, both kinds. */
  announcedAddress: string;
  /** Address to bind; default: the announced one when it is local, else every address. */
  bindAddress?: string;
  /** UDP; process n listens on base + n. */
  webrtcPort: number;
  rtpPortMin: number;
  rtpPortMax: number;
  /** Default: cores minus one, at least 1. */
  processes?: number;
  /** RTP silence after which `silence` is told, milliseconds. Default 20,000. */
  silenceAfterMs?: number;
  /**
   * The script of the media process: one that calls `runMediaChild` of `@intermix/media/embedded/child` with the kinds of
   * attachments it has. Default: a media process without any.
   */
  childPath?: string;
  logger: import('@intermix/kernel').Logger;
}
