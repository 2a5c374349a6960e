import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { ToneGenerator } from '../../audio/tone-generator.js';
import type { CodecName } from '../../types.js';

/** What the page's script offers to a test. Everything non-trickle: the SDP is complete when it is handed out. */
const pageScript = `
const phones = new Map();
async function gathered(pc) {
  while (pc.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 5));
  return pc.localDescription.sdp;
}
async function open(id, { codec, iceServers }) {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers });
  const phone = { pc, states: [] };
  phones.set(id, phone);
  pc.onconnectionstatechange = () => phone.states.push(pc.connectionState);
  const media = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  phone.media = media;
  phone.codec = codec;
  pc.ontrack = (event) => {
    phone.streams = event.streams.length;
    const context = new AudioContext();
    const source = context.createMediaStreamSource(new MediaStream([event.track]));
    const player = new Audio();
    player.srcObject = new MediaStream([event.track]);
    player.muted = true;
    player.play();
    phone.analyser = context.createAnalyser();
    phone.analyser.fftSize = 4096;
    source.connect(phone.analyser);
    phone.context = context;
  };
}
function prefer(phone) {
  const transceiver = phone.pc.getTransceivers()[0];
  const all = RTCRtpReceiver.getCapabilities('audio').codecs;
  const wanted = all.filter((c) => c.mimeType.toLowerCase() === 'audio/' + phone.codec.toLowerCase());
  transceiver.setCodecPreferences([...wanted, ...all.filter((c) => c.mimeType === 'audio/telephone-event')]);
}
window.phone = {
  open,
  async offer(id, options) {
    const phone = phones.get(id);
    if (phone.pc.getSenders().length === 0) {
      phone.pc.addTrack(phone.media.getAudioTracks()[0], phone.media);
      prefer(phone);
    }
    await phone.pc.setLocalDescription(await phone.pc.createOffer(options));
    return gathered(phone.pc);
  },
  accept: (id, sdp) => phones.get(id).pc.setRemoteDescription({ type: 'answer', sdp }),
  async answer(id, sdp) {
    const phone = phones.get(id);
    await phone.pc.setRemoteDescription({ type: 'offer', sdp });
    if (!phone.pc.getSenders().some((sender) => sender.track)) {
      phone.pc.addTrack(phone.media.getAudioTracks()[0], phone.media);
    }
    await phone.pc.setLocalDescription(await phone.pc.createAnswer());
    return gathered(phone.pc);
  },
  direct(id, direction) { phones.get(id).pc.getTransceivers()[0].direction = direction; },
  currentDirection: (id) => phones.get(id).pc.getTransceivers()[0].currentDirection,
  state: (id) => phones.get(id).pc.connectionState,
  states: (id) => phones.get(id).states,
  streams: (id) => phones.get(id).streams,
  dtmf(id, digits) { phones.get(id).pc.getSenders()[0].dtmf.insertDTMF(digits, 100, 70); },
  loudest(id) {
    const { analyser, context } = phones.get(id);
    if (!analyser) return 0;
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    let best = 0;
    for (let i = 1; i < bins.length; i++) if (bins[i] > bins[best]) best = i;
    return bins[best] < -70 ? 0 : (best * context.sampleRate) / analyser.fftSize;
  },
  async stats(id) {
    const found = {};
    for (const report of (await phones.get(id).pc.getStats()).values()) {
      if (['inbound-rtp', 'outbound-rtp', 'remote-inbound-rtp'].includes(report.type)) found[report.type] = report;
    }
    return found;
  },
  close(id) {
    const phone = phones.get(id);
    if (!phone) return;
    phone.pc.close();
    for (const track of phone.media.getTracks()) track.stop();
    phone.context?.close();
    phones.delete(id);
  },
};`;

export interface BrowserStats {
  'inbound-rtp'?: { packetsReceived: number; packetsLost: number };
  'outbound-rtp'?: { packetsSent: number };
  'remote-inbound-rtp'?: { roundTripTime?: number; packetsLost?: number };
}

/** The microphone's tone in every browser call of a test. */
export const microphoneHz = 440;

/** Headless Chromium with a tone for a microphone. Only for tests. */
export class BrowserPhones {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #server: Server;
  readonly #folder: string;
  #count = 0;

  private constructor(browser: Browser, page: Page, server: Server, folder: string) {
    this.#browser = browser;
    this.#page = page;
    this.#server = server;
    this.#folder = folder;
  }

  static async launch(): Promise<BrowserPhones> {
    const folder = mkdtempSync(join(tmpdir(), 'intermix-browser-'));
    const microphone = join(folder, 'microphone.wav');
    writeFileSync(microphone, wavOfTone(microphoneHz));
    const server = await servePage();
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      headless: true,
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
        ...[
          '--disable-background-networking',
          '--disable-component-update',
          '--autoplay-policy=no-user-gesture-required',
        ],
        ...['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'],
        `--use-file-for-fake-audio-capture=${microphone}`,
      ],
    });
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return new BrowserPhones(browser, page, server, folder);
  }

  async open(codec: CodecName, iceServers: { urls: string }[] = []): Promise<BrowserPhone> {
    const phone = new BrowserPhone(this.#page, `phone-${this.#count++}`);
    await phone.call('open', { codec, iceServers });
    return phone;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** One RTCPeerConnection in the page. */
export class BrowserPhone {
  readonly #page: Page;
  readonly #id: string;

  constructor(page: Page, id: string) {
    this.#page = page;
    this.#id = id;
  }

  offer(options: { iceRestart?: boolean } = {}): Promise<string> {
    return this.call('offer', options);
  }

  accept(answer: string): Promise<void> {
    return this.call('accept', answer);
  }

  answer(offer: string): Promise<string> {
    return this.call('answer', offer);
  }

  direct(direction: string): Promise<void> {
    return this.call('direct', direction);
  }

  currentDirection(): Promise<string> {
    return this.call('currentDirection');
  }

  state(): Promise<string> {
    return this.call('state');
  }

  states(): Promise<string[]> {
    return this.call('states');
  }

  streams(): Promise<number> {
    return this.call('streams');
  }

  dtmf(digits: string): Promise<void> {
    return this.call('dtmf', digits);
  }

  /** The loudest frequency played to the user, 0 when it is quiet. */
  loudestHz(): Promise<number> {
    return this.call('loudest');
  }

  stats(): Promise<BrowserStats> {
    return this.call('stats');
  }

  close(): Promise<void> {
    return this.call('close');
  }

  call<T>(method: string, argument?: unknown): Promise<T> {
    return this.#page.evaluate(
      ([name, id, value]) => {
        const { phone } = globalThis as unknown as { phone: Record<string, (...args: unknown[]) => unknown> };
        return phone[name as string]?.(id, value);
      },
      [method, this.#id, argument],
    ) as Promise<T>;
  }
}

function servePage(): Promise<Server> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>phone</title><script>${pageScript}</script>`);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Ten seconds of the tone as 8 kHz WAV; Chromium plays it in a loop. */
function wavOfTone(frequencyHz: number): Buffer {
  const samples = new ToneGenerator({ frequenciesHz: [frequencyHz], levelDbm0: -10 }).next(80_000);
  const data = Buffer.from(samples.buffer);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(16_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}
