import { vi } from 'vitest';
import type { Flow, TransportSink } from '../../transport/flow.js';

/** A sink that keeps what it is given, for tests of the transports. */
export class RecordingSink implements TransportSink {
  readonly messages: { text: string; flow: Flow }[] = [];
  readonly closed: { flow: Flow; reason: string }[] = [];
  readonly failed: { bytes: Uint8Array; flow: Flow; reason: string }[] = [];

  message(bytes: Uint8Array, flow: Flow): void {
    this.messages.push({ text: Buffer.from(bytes).toString('latin1'), flow });
  }

  flowClosed(flow: Flow, reason: string): void {
    this.closed.push({ flow, reason });
  }

  sendFailed(bytes: Uint8Array, flow: Flow, reason: string): void {
    this.failed.push({ bytes, flow, reason });
  }

  get texts(): string[] {
    return this.messages.map(({ text }) => text);
  }

  /** Waits until so many messages are there, and gives the newest. */
  async nth(count: number): Promise<{ text: string; flow: Flow }> {
    await until(() => this.messages.length >= count);
    return this.messages[count - 1]!;
  }
}

/** Polls until the condition holds; fails after five seconds. */
export async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(
    () => {
      if (!condition()) throw new Error(`still waiting: ${condition}`);
    },
    { timeout: 5000, interval: 5 },
  );
}

/** An OPTIONS with a body of `bodyLength` octets. */
export function options(callId: string, bodyLength = 0): string {
  return [
    'OPTIONS sip:bob@example.com SIP/2.0',
    'Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKa',
    'From: <sip:a@example.com>;tag=1',
    'To: <sip:bob@example.com>',
    `Call-ID: ${callId}`,
    'CSeq: 1 OPTIONS',
    `Content-Length: ${bodyLength}`,
    '',
    'x'.repeat(bodyLength),
  ].join('\r\n');
}
