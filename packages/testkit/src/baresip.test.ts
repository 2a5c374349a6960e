import { afterEach, describe, expect, it } from 'vitest';
import { Baresip, type BaresipOptions } from './baresip.js';
import { eventually } from './eventually.js';

const started: Baresip[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((phone) => phone.stop()));
});

async function start(options: BaresipOptions): Promise<Baresip> {
  const phone = await Baresip.start(options);
  started.push(phone);
  return phone;
}

/** How often the wave crosses zero upwards in a second, over the last half of a 16-bit mono WAV. */
function crossingsPerSecond(wav: Buffer): number {
  const rateHz = wav.readUInt32LE(24);
  const samples = (wav.length - 44) / 2;
  const from = Math.floor(samples / 2);
  let rises = 0;
  for (let i = from + 1; i < samples; i++) {
    if (wav.readInt16LE(42 + i * 2) < 0 && wav.readInt16LE(44 + i * 2) >= 0) rises += 1;
  }
  return (rises * rateHz) / (samples - from);
}

describe('baresip', () => {
  it('calls another one, is answered, and both tell it by events; the tone comes back by echo', async () => {
    const bob = await start({ accounts: [{ aor: 'sip:bob@127.0.0.1' }], audio: 'echo' });
    const alice = await start({ accounts: [{ aor: 'sip:alice@127.0.0.1' }], audio: { toneHz: 600 } });
    await alice.dial(`sip:bob@127.0.0.1:${bob.sipPort}`);
    expect(await bob.waitFor('CALL_INCOMING')).toMatchObject({ direction: 'incoming' });
    await bob.accept();
    await Promise.all([alice.waitFor('CALL_ESTABLISHED'), bob.waitFor('CALL_ESTABLISHED')]);
    await eventually(() => (alice.heardWavs()[0]?.length ?? 0) > 40_000, { message: 'a second of audio' });
    await alice.hangup();
    await bob.waitFor('CALL_CLOSED');
    const heard = alice.heardWavs()[0] as Buffer;
    expect(Math.abs(crossingsPerSecond(heard) - 600)).toBeLessThan(30);
  });

  it('says what went wrong with a command', async () => {
    const phone = await start({ accounts: [{ aor: 'sip:alice@127.0.0.1' }] });
    await expect(phone.command('no-such-command')).rejects.toThrow("baresip refused 'no-such-command");
  });

  it('gives up waiting for an event with its log at hand', async () => {
    const phone = await start({ accounts: [{ aor: 'sip:alice@127.0.0.1' }] });
    await expect(phone.waitFor('CALL_ESTABLISHED', { timeoutMs: 50 })).rejects.toThrow(/CALL_ESTABLISHED.*baresip/s);
  });
});
