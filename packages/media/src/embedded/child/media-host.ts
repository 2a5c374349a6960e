import type { Clock, Random, Timer } from '@intermix/kernel';
import type { AttachmentFactory, PlayEnd } from '../../attachments/attachment.js';
import { MediaError } from '../../errors.js';
import { canCarry } from '../../sdp/codecs.js';
import type { LocalTransport } from '../../sdp/descriptions.js';
import type { LegKind, LegStats } from '../../types.js';
import {
  type AttachmentEventMessage,
  type ChildCommand,
  type ChildConfig,
  keyText,
  type LegEventMessage,
  type LegKey,
} from '../messages.js';
import { AttachmentHost } from './attachment-host.js';
import type { CertificatePair } from './certificate.js';
import { MediaEndpoint } from './media-endpoint.js';
import { Pacer } from './pacer.js';
import { PortRange } from './port-range.js';
import { RtpTransport } from './rtp-transport.js';
import { waitingPackets } from './waiting-packets.js';
import { WavFiles } from './wav-files.js';
import { WebRtcLeg } from './webrtc-leg.js';

type Leg =
  | { kind: 'rtp'; endpoint: MediaEndpoint; transport: RtpTransport; local: LocalTransport }
  | { kind: 'webrtc'; endpoint: MediaEndpoint; webrtc: WebRtcLeg };

/** Commands that concern legs; start and stop belong to the process. */
export type LegCommand = Exclude<ChildCommand, { command: 'start' | 'stop' }>;
type AttachmentCommand = Extract<ChildCommand, { command: 'attachment-command' | 'attachment-close' }>;
type LegResult = LocalTransport | LegStats | PlayEnd | null;

const pollMs = 250;

/** All legs of one media process, by (callId, legId). Commands in, events out. */
export class MediaHost {
  readonly #config: ChildConfig;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pacer: Pacer;
  readonly #certificates: CertificatePair;
  readonly #ports: PortRange;
  readonly #emit: (event: LegEventMessage | AttachmentEventMessage) => void;
  readonly #attachments: AttachmentHost;
  readonly #files = new WavFiles();
  readonly #legs = new Map<string, Promise<Leg>>();
  readonly #endpoints = new Set<MediaEndpoint>();
  /** WebRTC legs by the ufrag of their first transport: the one that a far end may check before its answer. */
  readonly #byUfrag = new Map<string, WebRtcLeg>();
  #pollTimer: Timer | undefined;

  constructor(options: {
    config: ChildConfig;
    certificates: CertificatePair;
    clock: Clock;
    attachments: Readonly<Record<string, AttachmentFactory>>;
    random: Random;
    emit: (event: LegEventMessage | AttachmentEventMessage) => void;
  }) {
    this.#config = options.config;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#certificates = options.certificates;
    this.#emit = options.emit;
    this.#pacer = new Pacer(options.clock);
    const { attachments: factories, clock, random, emit } = options;
    this.#attachments = new AttachmentHost({ factories, clock, random, emit });
    const { bindAddress: address, rtpPortMin: first, rtpPortMax: last } = options.config;
    this.#ports = new PortRange({ address, first, last, clock: options.clock });
    this.#poll();
  }

  /** Runs one command. Rejects with MediaError. */
  async run(command: LegCommand): Promise<LegResult> {
    switch (command.command) {
      case 'create-leg':
        return this.#create(command, command.kind);
      case 'close-leg':
        return this.#close(command);
      case 'attachment-command':
        this.#attachments.handle(command.attachmentId, command.data);
        return null;
      case 'attachment-close':
        await waitingPackets();
        this.#attachments.close(command.attachmentId);
        return null;
      default:
        return this.#runOnLeg(command, await this.#find(command));
    }
  }

  /** An ICE check came for a transport of ours that has no far end yet. */
  handleEarlyCheck(localUfrag: string): void {
    this.#byUfrag.get(localUfrag)?.handleEarlyCheck();
  }

  /** Closes every leg, and waits for what runs beside them: 5 s at most. */
  async close(): Promise<void> {
    this.#pollTimer?.cancel();
    await waitingPackets();
    this.#attachments.stop(); // Before their legs go: they end for this reason, and not for that.
    await Promise.allSettled([...this.#legs.values()].map(async (leg) => closeLeg(await leg)));
    this.#legs.clear();
    await this.#attachments.ended();
  }

  async #runOnLeg(
    command: Exclude<LegCommand, { command: 'create-leg' | 'close-leg' } | AttachmentCommand>,
    leg: Leg,
  ): Promise<LegResult> {
    const { endpoint } = leg;
    if (endpoint.closed) throw new MediaError('leg-closed', `leg ${command.legId} was closed meanwhile`);
    switch (command.command) {
      case 'restart-ice':
        if (leg.kind === 'webrtc') return leg.webrtc.restart();
        throw new MediaError('wrong-state', 'a plain RTP leg has no ICE to restart');
      case 'configure-leg':
        configure(leg, command);
        return null;
      case 'bridge':
        bridge(endpoint, (await this.#find({ callId: command.callId, legId: command.otherLegId })).endpoint);
        return null;
      case 'unbridge':
        endpoint.unbridge();
        return null;
      case 'send-dtmf':
        await endpoint.sendDtmf(command.digits, command.durationMs);
        return null;
      case 'play':
        endpoint.play(command.tone);
        return null;
      case 'play-file':
        return endpoint.playFile(this.#files.load(command.path), command.loop);
      case 'stop-playing':
        endpoint.stopPlaying();
        return null;
      case 'attach':
        this.#attachments.attach(command.attachmentId, command.kind, command.spec, endpoint);
        return null;
      case 'stats':
        return endpoint.stats();
    }
  }

  async #create(key: LegKey, kind: LegKind): Promise<LocalTransport> {
    const text = keyText(key);
    const existing = this.#legs.get(text);
    const leg = existing ?? (kind === 'rtp' ? this.#makeRtp(key) : this.#makeWebRtc(key));
    this.#legs.set(text, leg);
    try {
      const made = await leg;
      return made.kind === 'rtp' ? made.local : made.webrtc.local;
    } catch (error) {
      this.#legs.delete(text);
      throw error;
    }
  }

  async #makeRtp(key: LegKey): Promise<Leg> {
    const pair = await this.#ports.take();
    const endpoint = this.#makeEndpoint(key);
    const transport = new RtpTransport({
      pair,
      range: this.#ports,
      clock: this.#clock,
      handlers: {
        rtp: (packet) => endpoint.handleRtp(packet),
        rtcp: (packet) => endpoint.handleRtcp(packet),
        connected: () => endpoint.handleConnected(),
        failed: (reason) => endpoint.handleFailed(reason),
      },
    });
    endpoint.useTransport(transport);
    const local: LocalTransport = { kind: 'rtp', address: this.#config.announcedAddress, port: pair.port };
    return { kind: 'rtp', endpoint, transport, local };
  }

  async #makeWebRtc(key: LegKey): Promise<Leg> {
    const endpoint = this.#makeEndpoint(key);
    const { announcedAddress, bindAddress, webrtcPort: muxPort } = this.#config;
    const webrtc = new WebRtcLeg({
      endpoint,
      certificates: this.#certificates,
      announcedAddress,
      bindAddress,
      muxPort,
      clock: this.#clock,
      random: this.#random,
    });
    this.#byUfrag.set(webrtc.firstUfrag, webrtc);
    return { kind: 'webrtc', endpoint, webrtc };
  }

  #makeEndpoint(key: LegKey): MediaEndpoint {
    const { callId, legId } = key;
    const endpoint = new MediaEndpoint({
      key: { callId, legId },
      clock: this.#clock,
      random: this.#random,
      pacer: this.#pacer,
      silenceAfterMs: this.#config.silenceAfterMs,
    });
    endpoint.on('connected', () => this.#emit({ event: 'leg-connected', callId, legId }));
    endpoint.on('failed', (reason) => this.#emit({ event: 'leg-failed', callId, legId, reason }));
    endpoint.on('dtmf', (digit, durationMs) => this.#emit({ event: 'leg-dtmf', callId, legId, digit, durationMs }));
    endpoint.on('silence', (silentMs) => this.#emit({ event: 'leg-silence', callId, legId, silentMs }));
    this.#endpoints.add(endpoint);
    return endpoint;
  }

  async #find(key: LegKey): Promise<Leg> {
    const leg = this.#legs.get(keyText(key));
    if (!leg) throw new MediaError('leg-closed', `this process has no leg ${key.legId} of call ${key.callId}`);
    return leg;
  }

  async #close(key: LegKey): Promise<null> {
    const leg = this.#legs.get(keyText(key));
    this.#legs.delete(keyText(key));
    if (!leg) return null;
    const made = await leg;
    await waitingPackets();
    this.#endpoints.delete(made.endpoint);
    if (made.kind === 'webrtc') this.#byUfrag.delete(made.webrtc.firstUfrag);
    this.#attachments.legClosing(made.endpoint);
    closeLeg(made);
    return null;
  }

  #poll(): void {
    this.#pollTimer = this.#clock.schedule(pollMs, () => {
      for (const endpoint of this.#endpoints) endpoint.poll();
      this.#poll();
    });
  }
}

function configure(leg: Leg, command: Extract<LegCommand, { command: 'configure-leg' }>): void {
  const { media, remote, dtlsRole } = command;
  leg.endpoint.configure(media);
  if (leg.kind === 'rtp' && remote.kind === 'rtp') leg.transport.setRemote(remote);
  else if (leg.kind === 'webrtc' && remote.kind === 'webrtc') leg.webrtc.setRemote(remote, dtlsRole);
  else throw new MediaError('wrong-state', `a ${leg.kind} leg was given a ${remote.kind} address`);
}

function bridge(a: MediaEndpoint, b: MediaEndpoint): void {
  if (a === b) throw new MediaError('bad-argument', 'a leg cannot be bridged to itself');
  if (a.codec && b.codec && !canCarry(a.codec, b.codec)) {
    throw new MediaError(
      'codec-mismatch',
      `${a.codec} and ${b.codec} cannot be bridged; offer both legs the same codec`,
    );
  }
  a.bridge(b);
}

function closeLeg(leg: Leg): void {
  leg.endpoint.close();
  if (leg.kind === 'webrtc') leg.webrtc.close();
}
