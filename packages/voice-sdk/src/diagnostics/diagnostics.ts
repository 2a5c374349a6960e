import type { Logger, Timer } from '@intermix/kernel';
import type { AudioRoute } from '../audio/audio-route.js';
import type { VoiceClient } from '../client/voice-client.js';
import { callSafely } from '../compat/page-callbacks.js';
import { listDevices } from '../devices/audio-device.js';
import { browserName } from './browser-name.js';
import { type DeviceTest, type DeviceTestListener, testMicrophone, testSpeaker } from './device-tests.js';
import { type NetworkProbe, networkKeys, probeNetwork } from './network-probe.js';
import { REPORT_KEY, TroubleshootReport, withoutSecrets } from './troubleshoot-report.js';

/** `('troubleShootReport', the whole report so far)`. */
export type DiagnosticsReportCallback = (logStatus: string, logData: string) => void;
/** `(key, status, description)`; see docs/guide/voice-sdk.md for the keys. */
export type DiagnosticsKeyValueCallback = (key: string, status: string | number, description: string) => void;

/** The phone under test. */
export interface DiagnosticsHost {
  readonly route: AudioRoute;
  readonly logger: Logger;
  client(): VoiceClient | undefined;
  /** Registers unless that has been done. */
  register(): void;
  userName(): string;
  /** Of the WebSocket. */
  serverUrl(): string;
}

/** All of a network test; a STUN server that is silent costs no more. */
const NETWORK_LIMIT_MS = 5_000;
/** Of which for a registration, that tells the STUN and TURN servers. */
const REGISTRATION_LIMIT_MS = 2_000;

type TestedDevice = 'speaker' | 'mic';
const named = { speaker: 'Speaker', mic: 'Microphone' } as const;

/** The diagnostics of Exotel's SDK (guide 5.13) with true values. Frees all it opens; a test started twice begins anew. */
export class Diagnostics {
  readonly #host: DiagnosticsHost;
  readonly #report: TroubleshootReport;
  readonly #tests: Partial<Record<TestedDevice, DeviceTest>> = {};
  #onReport: DiagnosticsReportCallback | undefined;
  #onKeyValue: DiagnosticsKeyValueCallback | undefined;
  #probe: NetworkProbe | undefined;
  #stopNetwork: (() => void) | undefined;
  #toldSocket = '';

  constructor(host: DiagnosticsHost) {
    this.#host = host;
    this.#report = new TroubleshootReport(host.route.platform, (text) => this.#call(this.#onReport, REPORT_KEY, text));
  }

  /** Both callbacks are needed, else nothing happens, as in Exotel's SDK. Tells browser, microphone and speaker. */
  async init(
    onReport?: DiagnosticsReportCallback | null,
    onKeyValue?: DiagnosticsKeyValueCallback | null,
  ): Promise<void> {
    if (typeof onReport !== 'function' || typeof onKeyValue !== 'function') return;
    this.#onReport = onReport;
    this.#onKeyValue = onKeyValue;
    this.#tell('browserVersion', 'ready', browserName(this.#host.route.platform.userAgent));
    await this.#tellDevices();
  }

  /** Ends every test and drops the callbacks. */
  close(): void {
    this.stop('speaker');
    this.stop('mic');
    this.stopNetwork();
    this.#onReport = this.#onKeyValue = undefined;
  }

  startSpeaker(): void {
    this.#start('speaker', (listener) => testSpeaker(this.#host.route, listener));
  }

  startMicrophone(): void {
    this.#start('mic', (listener) => testMicrophone(this.#host.route, listener));
  }

  /** `answer` is what the person heard: `yes` or `no` goes into the report, anything else ends the test and no more. */
  stop(device: TestedDevice, answer?: string): void {
    const name = named[device];
    if (this.#tests[device]) this.#report.add('INFO', `${name} device testing is stopped`);
    this.#tests[device]?.stop();
    this.#tests[device] = undefined;
    if (answer !== 'yes' && answer !== 'no') return;
    this.#report.add(
      'INFO',
      `${name} device testing is ${answer === 'yes' ? 'successful' : 'failed'}, answer: ${answer}`,
    );
    this.#report.add('INFO', `DEVICE EVENT = ${name.toUpperCase()}_TEST_${answer === 'yes' ? 'PASS' : 'FAIL'}`);
  }

  /**
   * Tells of the socket, the registration, and what gets through the network; within five seconds. A registration or a call
   * that is up is left alone; without one it registers, as Exotel's SDK does. Changes of the socket and the registration
   * are told until `stopNetwork`.
   */
  async startNetwork(): Promise<void> {
    if (!this.#isReady()) return;
    this.stopNetwork();
    const { platform } = this.#host.route;
    const until = platform.clock.now() + NETWORK_LIMIT_MS;
    this.#report.add('INFO', 'Network testing is started');
    if (!this.#host.client()?.registered) this.#host.register();
    let isStopped = false;
    const unwatch = this.#watchClient();
    this.#stopNetwork = () => {
      isStopped = true;
      unwatch();
    };
    // Known only when registered: Exotel's order (first `waiting`, then all else) holds for `relay` as far as it can.
    for (const key of networkKeys(this.#iceServers())) this.#tell(key, 'waiting', '');
    await this.#registration();
    if (isStopped) return;
    this.#tellSocket();
    const iceServers = this.#iceServers();
    this.#probe = probeNetwork(platform, iceServers, Math.max(0, until - platform.clock.now()));
    const findings = await this.#probe.findings;
    if (isStopped) return;
    for (const [key, { lines, reason }] of findings) {
      if (lines.length === 0) this.#tell(key, 'disconnected', reason);
      for (const line of lines) this.#tell(key, 'connected', line);
    }
    this.#tellSocket();
    this.#report.add('INFO', 'Network testing is completed');
  }

  /** Tells no more; may be called without a start. */
  stopNetwork(): void {
    this.#stopNetwork?.();
    this.#stopNetwork = undefined;
    this.#probe?.stop();
    this.#probe = undefined;
    this.#toldSocket = '';
  }

  saveReport(): void {
    this.#report.save();
  }

  #start(device: TestedDevice, start: (listener: DeviceTestListener) => DeviceTest): void {
    if (!this.#isReady()) return;
    this.stop(device);
    this.#report.add('INFO', `${named[device]} device testing is started`);
    let isFirst = true;
    this.#tests[device] = start({
      level: (level) => {
        this.#call(this.#onKeyValue, device, level, `${device} ok`);
        if (isFirst && device === 'mic') void this.#tellDevices(); // Labels are shown since the microphone was allowed.
        isFirst = false;
      },
      failed: (error) => {
        this.#tests[device] = undefined;
        this.#report.add('WARNING', `${named[device]} device testing failed: ${String(error)}`);
        this.#call(this.#onKeyValue, device, 0, `${device} error`);
      },
    });
  }

  async #tellDevices(): Promise<void> {
    const { platform, inputId, outputId } = this.#host.route;
    const devices = await listDevices(platform);
    const inUse = (kind: string, id: string) =>
      devices.find((one) => one.kind === kind && (id ? one.id === id : one.isDefault))?.label ?? '';
    this.#tell('micInfo', inUse('input', inputId), 'micInfo');
    this.#tell('speakerInfo', inUse('output', outputId), 'speakerInfo');
  }

  #iceServers(): RTCIceServer[] {
    return this.#host.client()?.iceServers ?? [];
  }

  /** Until registered, refused, or the limit. */
  #registration(): Promise<void> {
    const client = this.#host.client();
    if (!client || client.registered) return Promise.resolve();
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const done = () => {
        timer?.cancel();
        for (const stop of stops) stop();
        resolve();
      };
      const stops = [client.on('registered', done), client.on('unregistered', done)];
      timer = this.#host.route.platform.clock.schedule(REGISTRATION_LIMIT_MS, done);
    });
  }

  #watchClient(): () => void {
    const client = this.#host.client();
    if (!client) return () => {};
    const heard = (status: string) => () => {
      this.#tell('userReg', status, this.#host.userName());
      this.#tellSocket();
    };
    if (client.registered) heard('registered')();
    const stops = [
      client.on('registering', heard('sent_request')),
      client.on('registered', heard('registered')),
      client.on('unregistered', heard('unregistered')),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  #tellSocket(): void {
    const state = this.#host.client()?.connected ? 'connected' : 'disconnected';
    if (state === this.#toldSocket) return;
    this.#toldSocket = state;
    this.#tell('wss', state, withoutSecrets(this.#host.serverUrl()));
  }

  #tell(key: string, status: string, description: string): void {
    this.#report.add('INFO', `${key}: ${status} ${description}`);
    this.#call(this.#onKeyValue, key, status, description);
  }

  #isReady(): boolean {
    if (!this.#onKeyValue) this.#host.logger.warn({}, 'call initDiagnostics with both callbacks first');
    return this.#onKeyValue !== undefined;
  }

  #call(told: unknown, ...args: unknown[]): void {
    const failed = (error: unknown) =>
      this.#host.logger.error({ error: String(error) }, "the page's diagnostics callback threw");
    callSafely(told, args, failed);
  }
}
