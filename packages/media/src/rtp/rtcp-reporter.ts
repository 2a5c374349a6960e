import type { Clock } from '@intermix/kernel';
import type { ReceiveStatistics } from './receive-statistics.js';
import { parseRtcp, type ReportBlock, type RtcpPacket, writeRtcp } from './rtcp-packet.js';

/** What has been sent so far, for a sender report. */
export interface SendCounters {
  packetsSent: number;
  octetsSent: number;
  /** The RTP timestamp that belongs to now. */
  rtpTimestamp: number;
}

/** Seconds between 1900 (NTP) and 1970 (Unix). */
const ntpEpochOffsetSec = 2_208_988_800;

/** Writes our RTCP reports and reads the far end's about us. RFC 3550 §6.4. */
export class RtcpReporter {
  readonly #ssrc: number;
  readonly #cname: string;
  readonly #clock: Clock;
  #lastSenderReport: { middleNtp: number; arrivedAtMs: number } | undefined;
  #remote: { packetsLost: number; jitterTicks: number } | undefined;
  #roundTripMs: number | undefined;

  constructor(options: { ssrc: number; cname: string; clock: Clock }) {
    this.#ssrc = options.ssrc;
    this.#cname = options.cname;
    this.#clock = options.clock;
  }

  /** Lost packets and jitter of what we send, as the far end last reported; undefined before its first report. */
  get remote(): { packetsLost: number; jitterTicks: number } | undefined {
    return this.#remote;
  }

  /** From the far end's LSR and DLSR; undefined before a report came back. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** An SR when we have sent something, else an RR; with our CNAME. */
  buildReport(counters: SendCounters, received: ReceiveStatistics): Buffer {
    const blocks = received.ssrc === undefined ? [] : [this.#block(received.ssrc, received)];
    const report: RtcpPacket =
      counters.packetsSent > 0
        ? { type: 'sr', ssrc: this.#ssrc, sender: this.#senderInfo(counters), blocks }
        : { type: 'rr', ssrc: this.#ssrc, blocks };
    return Buffer.concat([writeRtcp(report), this.#description()]);
  }

  /** Says that our stream ends. §6.6. */
  buildBye(): Buffer {
    return Buffer.concat([
      writeRtcp({ type: 'rr', ssrc: this.#ssrc, blocks: [] }),
      this.#description(),
      writeRtcp({ type: 'bye', ssrcs: [this.#ssrc] }),
    ]);
  }

  /** Takes a compound packet of the far end. Throws RtpParseError. */
  handle(compound: Uint8Array): RtcpPacket[] {
    const packets = parseRtcp(compound);
    for (const packet of packets) {
      if (packet.type === 'sr') this.#noteSenderReport(packet.sender.ntpSeconds, packet.sender.ntpFraction);
      if (packet.type === 'sr' || packet.type === 'rr') for (const block of packet.blocks) this.#readBlock(block);
    }
    return packets;
  }

  #noteSenderReport(ntpSeconds: number, ntpFraction: number): void {
    const middleNtp = (((ntpSeconds & 0xffff) << 16) | (ntpFraction >>> 16)) >>> 0;
    this.#lastSenderReport = { middleNtp, arrivedAtMs: this.#clock.now() };
  }

  #readBlock(block: ReportBlock): void {
    if (block.ssrc !== this.#ssrc) return;
    this.#remote = { packetsLost: block.packetsLost, jitterTicks: block.jitterTicks };
    if (block.lastSenderReport === 0) return;
    const now = ntpTime(this.#clock.now());
    const middle = (((now.seconds & 0xffff) << 16) | (now.fraction >>> 16)) >>> 0;
    const ticks = (middle - block.lastSenderReport - block.delaySinceLastSenderReport) | 0;
    // A clock that rounds can make a loopback trip negative by a tick.
    if (ticks < 60 * 65_536) this.#roundTripMs = Math.max(0, (ticks * 1000) / 65_536);
  }

  #block(ssrc: number, received: ReceiveStatistics): ReportBlock {
    const last = this.#lastSenderReport;
    return {
      ssrc,
      fractionLost: received.takeFractionLost(),
      packetsLost: received.packetsLost,
      highestSequence: received.highestSequence,
      jitterTicks: received.jitterTicks,
      lastSenderReport: last?.middleNtp ?? 0,
      delaySinceLastSenderReport: last ? Math.round(((this.#clock.now() - last.arrivedAtMs) * 65_536) / 1000) : 0,
    };
  }

  #senderInfo(counters: SendCounters) {
    const { seconds, fraction } = ntpTime(this.#clock.now());
    return {
      ntpSeconds: seconds,
      ntpFraction: fraction,
      rtpTimestamp: counters.rtpTimestamp,
      packetCount: counters.packetsSent,
      octetCount: counters.octetsSent,
    };
  }

  #description(): Buffer {
    return writeRtcp({ type: 'sdes', chunks: [{ ssrc: this.#ssrc, cname: this.#cname }] });
  }
}

function ntpTime(unixMs: number): { seconds: number; fraction: number } {
  const seconds = Math.floor(unixMs / 1000);
  const fraction = Math.floor(((unixMs - seconds * 1000) / 1000) * 2 ** 32);
  return { seconds: (seconds + ntpEpochOffsetSec) >>> 0, fraction: fraction >>> 0 };
}
