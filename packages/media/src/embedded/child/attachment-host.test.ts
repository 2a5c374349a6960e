import { systemRandom } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import type { AttachmentContext, AttachmentFactory, AudioFrame } from '../../attachments/attachment.js';
import { writeRtp } from '../../rtp/rtp-packet.js';
import type { NegotiatedMedia } from '../../sdp/descriptions.js';
import type { AttachmentEventMessage } from '../messages.js';
import { AttachmentHost } from './attachment-host.js';
import { MediaEndpoint } from './media-endpoint.js';
import { Pacer } from './pacer.js';

const media: NegotiatedMedia = {
  codec: 'PCMU',
  sendPayloadType: 0,
  receive: [{ payloadType: 0, codec: 'PCMU' }],
  telephoneEvent: undefined,
  direction: 'sendrecv',
};

/** A host with one kind of attachment, `thing`, whose contexts and calls are on record, and a leg to attach it to. */
function makeHost(agreed = media) {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  const endpoint = new MediaEndpoint({
    ...{ key: { callId: 'c', legId: 'l' }, clock, random: systemRandom, pacer, silenceAfterMs: 60_000 },
  });
  const sent: Buffer[] = [];
  endpoint.useTransport({ isOpen: true, sendRtp: (packet) => sent.push(packet), sendRtcp() {}, close() {} });
  endpoint.configure(agreed);
  const contexts: AttachmentContext[] = [];
  const calls: unknown[] = [];
  const thing: AttachmentFactory = (_spec, context) => {
    contexts.push(context);
    return { handle: (command) => calls.push(command), close: (reason) => calls.push({ close: reason }) };
  };
  const events: AttachmentEventMessage[] = [];
  const emit = (event: AttachmentEventMessage) => void events.push(event);
  const host = new AttachmentHost({ factories: { thing }, clock, random: systemRandom, emit });
  let sequenceNumber = 0;
  const say = () => {
    const packet = { payloadType: 0, marker: false, sequenceNumber: sequenceNumber++, ssrc: 7 };
    endpoint.handleRtp(writeRtp({ ...packet, timestamp: sequenceNumber * 160, payload: Buffer.alloc(160) }));
  };
  return { clock, endpoint, sent, contexts, calls, events, host, say };
}

describe('AttachmentHost', () => {
  it('feeds whoever the leg is joined with, is told when it is joined, and knows of a hold', () => {
    const { clock, host, endpoint, sent, contexts } = makeHost();
    const others = [makeHost(), makeHost()];
    host.attach(1, 'thing', {}, endpoint);
    const { audio, ended } = contexts[0]!;
    let joined = 0;
    audio.onJoined(() => joined++);
    const feed = () => audio.feedPartner({ next: () => new Int16Array(160).fill(1000) });
    feed()(); // Joined with nobody: nobody hears it.
    for (const other of others) {
      endpoint.bridge(other.endpoint);
      endpoint.bridge(other.endpoint); // They are joined already.
      const stop = feed();
      other.clock.advance(40);
      stop();
      other.clock.advance(40);
      expect(other.sent).toHaveLength(2);
    }
    clock.advance(100);
    expect([joined, sent]).toEqual([2, []]);
    expect(audio.isHeld).toBe(false);
    endpoint.configure({ ...media, direction: 'recvonly' });
    expect(audio.isHeld).toBe(true);
    endpoint.configure(media);
    expect(audio.isHeld).toBe(false);
    ended(null);
    feed();
    endpoint.unbridge();
    endpoint.bridge(others[0]!.endpoint);
    others[0]!.clock.advance(40);
    expect([joined, others[0]!.sent.length]).toEqual([2, 2]);
  });

  it('takes a leg that never talked both ways for none that is held', () => {
    const { host, endpoint, contexts } = makeHost({ ...media, direction: 'sendonly' });
    host.attach(1, 'thing', {}, endpoint);
    expect(contexts[0]!.audio.isHeld).toBe(false);
  });

  it('asks an attachment to end once, whoever asks first', () => {
    const { host, endpoint, calls } = makeHost();
    host.attach(1, 'thing', {}, endpoint);
    host.handle(1, 'word');
    host.close(1);
    host.close(1);
    host.legClosing(endpoint);
    host.stop();
    expect(calls).toEqual(['word', { close: 'closed' }]);
  });

  it('waits 30 s for one that was asked to end, and no longer', () => {
    const { clock, host, endpoint, contexts, events } = makeHost();
    host.attach(1, 'thing', {}, endpoint);
    host.attach(2, 'thing', {}, endpoint);
    host.legClosing(endpoint);
    clock.advance(29_999);
    expect(events).toEqual([]);
    contexts[1]!.ended('in time');
    clock.advance(1);
    expect(events).toEqual([
      { event: 'attachment-ended', attachmentId: 2, result: 'in time' },
      { event: 'attachment-ended', attachmentId: 1, result: undefined, problem: 'it did not end within 30 s' },
    ]);
  });

  it('waits 5 s for all of them when its process is to stop, and no longer', async () => {
    const { clock, host, endpoint, calls, contexts, events } = makeHost();
    host.attach(1, 'thing', {}, endpoint);
    host.attach(2, 'thing', {}, endpoint);
    host.stop();
    expect(calls).toEqual([{ close: 'stopping' }, { close: 'stopping' }]);
    let isOver = false;
    const over = host.ended().then(() => {
      isOver = true;
    });
    contexts[0]!.ended('well');
    await clock.advanceAsync(4999);
    expect(isOver).toBe(false);
    await clock.advanceAsync(1);
    await over;
    expect(events.map(({ attachmentId }) => attachmentId)).toEqual([1, 2]);
    expect(events[1]).toMatchObject({ result: undefined, problem: 'it did not end before its process had to' });
  });

  it('does not wait for anything when nothing runs, or when the last has ended', async () => {
    const { clock, host, endpoint, contexts } = makeHost();
    await host.ended();
    host.attach(1, 'thing', {}, endpoint);
    host.stop();
    const over = host.ended();
    contexts[0]!.ended('well');
    await over;
    expect(clock.nextTimerInMs).toBeGreaterThan(0); // The leg's report, nothing of the host's.
    endpoint.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves nothing of an attachment behind once it has ended', () => {
    const { clock, host, endpoint, sent, contexts, events, say } = makeHost();
    host.attach(1, 'thing', {}, endpoint);
    const { audio, clock: own, emit, ended } = contexts[0]!;
    const told: unknown[] = [];
    audio.onReceived(() => told.push('received'));
    audio.onSent(() => told.push('sent'));
    audio.onDigit(() => told.push('digit'));
    audio.feed({ next: () => undefined });
    own.schedule(1000, () => told.push('timer'));
    say();
    clock.advance(20);
    expect(told).toEqual(['received', 'sent']);
    ended('result');
    const sentBefore = sent.length;
    ended('again');
    emit('late');
    host.handle(1, 'late');
    audio.onReceived(() => told.push('late'));
    audio.feed({ next: () => undefined });
    say();
    clock.advance(2000);
    expect([told.length, sent.length - sentBefore, events.length]).toEqual([2, 0, 1]);
  });

  it('gives nobody what a far end says while it is on hold', () => {
    const { host, endpoint, contexts, say } = makeHost();
    host.attach(1, 'thing', {}, endpoint);
    const frames: AudioFrame[] = [];
    contexts[0]!.audio.onReceived((frame) => frames.push(frame));
    say();
    endpoint.configure({ ...media, direction: 'sendonly' });
    say();
    endpoint.configure(media);
    say();
    expect(frames.map(({ position }) => position)).toEqual([0, 320]);
  });

  it('takes 8 for a leg', () => {
    const { host, endpoint } = makeHost();
    for (let id = 1; id <= 8; id++) host.attach(id, 'thing', {}, endpoint);
    expect(() => host.attach(9, 'thing', {}, endpoint)).toThrow('8 attachments at most');
  });
});
