// A media engine without audio: true session descriptions, no sockets. What is left to measure is signalling.
import { hex, systemRandom, TypedEmitter } from '@intermix/kernel';
import { LegDescription } from '@intermix/media';

const fingerprint = `sha-256 ${Array(32).fill('AB').join(':')}`;

class SilentLeg extends TypedEmitter {
  closed = false;
  #description;

  constructor({ kind, callId, legId }) {
    super();
    Object.assign(this, { kind, callId, legId });
    const rtp = { kind, address: '127.0.0.1', port: 30_000 };
    const ice = { iceUfrag: hex(systemRandom.bytes(4)), icePwd: hex(systemRandom.bytes(12)), fingerprint };
    this.#description = new LegDescription({
      transport: kind === 'rtp' ? rtp : { ...rtp, ...ice },
      random: systemRandom,
    });
  }

  get codec() {
    return this.#description.agreement?.media.codec;
  }
  get direction() {
    return this.#description.agreement?.media.direction ?? 'sendrecv';
  }
  async offer(options) {
    return this.#description.offer(options);
  }
  async acceptAnswer(sdp) {
    this.#description.acceptAnswer(this.#description.read(sdp));
  }
  async acceptOffer(sdp, options) {
    return this.#description.answer(this.#description.read(sdp), options).sdp;
  }
  async sendDtmf() {}
  async play() {}
  async stop() {}
  async stats() {
    return {
      ...{ callId: this.callId, legId: this.legId, codec: this.codec, packetsSent: 0, packetsReceived: 0 },
      ...{ octetsSent: 0, octetsReceived: 0, packetsLost: 0, remotePacketsLost: undefined, jitterMs: 0 },
      ...{ remoteJitterMs: undefined, roundTripMs: undefined, silentMs: 0 },
    };
  }
  close() {
    if (this.closed) return;
    this.closed = true;
    this.emit('closed', 'closed');
  }
}

export class SilentMedia extends TypedEmitter {
  ready = true;
  counts = { processes: 0, legs: 0 };
  async start() {}
  async stop() {}
  async createLeg(options) {
    return new SilentLeg(options);
  }
  async bridge() {}
  async unbridge() {}
}
