import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BaresipAccount, type BaresipAudio, writeBaresipConfig } from './baresip-config.js';
import { eventually } from './eventually.js';
import { findExecutable } from './executable.js';
import { NetstringReader, netstring } from './netstring.js';
import { type PortBlock, reservePorts } from './spare-ports.js';
import { makeToneWav } from './tone-wav.js';

export interface BaresipOptions {
  accounts: readonly BaresipAccount[];
  /** A tone in hertz, a WAV file (8 kHz mono) or 'echo'. Default: 600 Hz. */
  audio?: { toneHz: number } | BaresipAudio;
}

/** An event of baresip's ctrl_tcp module; `type` is `REGISTER_OK`, `CALL_INCOMING`, `CALL_ESTABLISHED`, `CALL_CLOSED`, … */
export interface BaresipEvent {
  type: string;
  class?: string;
  accountaor?: string;
  direction?: 'incoming' | 'outgoing';
  peeruri?: string;
  id?: string;
  param?: string;
}

interface ControlReply {
  ok: boolean;
  data: string;
}

/** Offset of the control port in the block. The port after the SIP port is taken: baresip listens there for SIP over TLS. */
const controlOffset = 4;

/** A baresip with no sound card, steered over its TCP control port: a foreign phone, or a foreign carrier. */
export class Baresip {
  /** Everything that has happened, in order. */
  readonly events: BaresipEvent[] = [];
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #ports: PortBlock;
  readonly #waiting = new Map<string, (reply: ControlReply) => void>();
  readonly #killWithTest = () => this.#child.kill('SIGKILL');
  #control: Socket | undefined;
  #output = '';
  #nextToken = 1;

  private constructor(child: ChildProcess, folder: string, ports: PortBlock) {
    this.#child = child;
    this.#folder = folder;
    this.#ports = ports;
    child.stdout?.on('data', (chunk: Buffer) => this.#keep(chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.#keep(chunk));
    process.on('exit', this.#killWithTest);
    child.once('exit', () => process.off('exit', this.#killWithTest));
  }

  /** Starts one and waits until its control port answers. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    const program = findExecutable('baresip', 'install it (Debian: apt-get install baresip-core)');
    const ports = await reservePorts();
    const folder = mkdtempSync(join(tmpdir(), 'intermix-baresip-'));
    writeBaresipConfig(folder, {
      sipPort: ports.port(0),
      controlPort: ports.port(controlOffset),
      rtpPorts: [ports.port(20), ports.port(60)],
      accounts: options.accounts,
      audio: audioOf(options.audio ?? { toneHz: 600 }, folder),
    });
    const child = spawn(program, ['-f', folder], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const phone = new Baresip(child, folder, ports);
    try {
      await phone.#connectControl();
      return phone;
    } catch (error) {
      const cause = new Error(`baresip did not start:\n${phone.log}`, { cause: error });
      await phone.stop();
      throw cause;
    }
  }

  /** Where it listens for SIP, UDP and TCP on loopback. */
  get sipPort(): number {
    return this.#ports.port(0);
  }

  /** Its output so far, bounded. */
  get log(): string {
    return this.#output;
  }

  /** Dials a SIP address with the current account. */
  dial(uri: string): Promise<void> {
    return this.command('dial', uri);
  }

  accept(): Promise<void> {
    return this.command('accept');
  }

  hangup(): Promise<void> {
    return this.command('hangup');
  }

  hold(): Promise<void> {
    return this.command('hold');
  }

  resume(): Promise<void> {
    return this.command('resume');
  }

  /** Sends one digit (RFC 4733) in the current call. */
  async sendDigit(digit: string): Promise<void> {
    await this.command('sndcode', digit);
  }

  /** A command of baresip's menu, by its long name. Rejects when baresip refuses it. */
  async command(command: string, params = ''): Promise<void> {
    const token = String(this.#nextToken++);
    const reply = new Promise<ControlReply>((resolve) => this.#waiting.set(token, resolve));
    this.#control?.write(netstring(JSON.stringify({ command, params, token })));
    const { ok, data } = await withDeadline(reply, 5_000, `baresip to take '${command}'`);
    if (!ok) throw new Error(`baresip refused '${command} ${params}': ${data}`);
  }

  /** The first event of this type that has come or will come, from the event number `since` on. */
  waitFor(type: string, options: { timeoutMs?: number; since?: number } = {}): Promise<BaresipEvent> {
    const { timeoutMs = 10_000, since = 0 } = options;
    const seen = () => this.events.slice(since).find((event) => event.type === type);
    return eventually(seen, { timeoutMs, message: `baresip's ${type} (log: ${this.#output.slice(-1_500)})` });
  }

  /** The decoded audio of the calls so far: one WAV a call, 16-bit mono, written by baresip itself. */
  heardWavs(): Buffer[] {
    const folder = join(this.#folder, 'heard');
    return readdirSync(folder)
      .filter((name) => name.includes('dec'))
      .sort()
      .map((name) => readFileSync(join(folder, name)));
  }

  /** Ends it. May be called twice. */
  async stop(): Promise<void> {
    this.#control?.destroy();
    if (this.#running) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      const hard = setTimeout(() => this.#child.kill('SIGKILL'), 3_000);
      await exited;
      clearTimeout(hard);
    }
    this.#ports.release();
    if (existsSync(this.#folder)) rmSync(this.#folder, { recursive: true, force: true });
  }

  get #running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async #connectControl(): Promise<void> {
    const port = this.#ports.port(controlOffset);
    const look = async () => (this.#running ? await open(port) : 'ended');
    const control = await eventually(look, { timeoutMs: 10_000, message: 'ctrl_tcp' });
    if (control === 'ended') throw new Error('the process ended');
    this.#control = control;
    const reader = new NetstringReader((text) => this.#handleControl(text));
    this.#control.on('data', (chunk: Buffer) => reader.push(chunk));
    this.#control.on('error', () => undefined); // The process went away; `stop` or a wait's deadline tells.
  }

  #handleControl(text: string): void {
    const message = JSON.parse(text) as Record<string, unknown>;
    if (message.event) {
      this.events.push(message as unknown as BaresipEvent);
      return;
    }
    const token = String(message.token ?? '');
    this.#waiting.get(token)?.({ ok: message.ok === true, data: String(message.data ?? '') });
    this.#waiting.delete(token);
  }

  #keep(chunk: Buffer): void {
    this.#output = (this.#output + chunk.toString('utf8')).slice(-500_000);
  }
}

function audioOf(audio: { toneHz: number } | BaresipAudio, folder: string): BaresipAudio {
  if (audio === 'echo' || 'wav' in audio) return audio;
  return { wav: makeToneWav(join(folder, 'tone.wav'), audio.toneHz, 30, { sampleRateHz: 8_000 }) };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

function withDeadline<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited ${timeoutMs} ms for ${what}`)), timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
