import { describe, expect, it } from 'vitest';
import { answerDirection, parseCarrierSdp, writeCarrierSdp } from './carrier-sdp.js';

const offer = [
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.1',
  's=-',
  'c=IN IP4 192.0.2.1',
  't=0 0',
  'm=video 4000 RTP/AVP 96',
  'a=rtpmap:96 VP8/90000',
  'm=audio 5004 RTP/AVP 8 0 18 97',
  'c=IN IP4 192.0.2.2',
  'a=rtpmap:97 telephone-event/8000/1',
  'a=sendonly',
  '',
].join('\r\n');

describe('carrier SDP', () => {
  it('reads address, formats in order, events and direction of the audio stream', () => {
    expect(parseCarrierSdp(offer)).toMatchObject({
      host: '192.0.2.2',
      port: 5004,
      direction: 'sendonly',
      formats: [
        { codec: 'PCMA', payloadType: 8 },
        { codec: 'PCMU', payloadType: 0 },
      ],
      eventPayloadType: 97,
      audioIndex: 1,
    });
  });

  it('refuses the video stream at its place and answers the audio with the same event number', () => {
    const read = parseCarrierSdp(offer);
    const answer = writeCarrierSdp({
      host: '127.0.0.1',
      port: 6000,
      sessionId: '7',
      version: 1,
      direction: answerDirection(read.direction),
      formats: read.formats,
      eventPayloadType: read.eventPayloadType,
      offer: read,
    });
    expect(answer.split('\r\n').filter((line) => line.startsWith('m='))).toEqual([
      'm=video 0 RTP/AVP 96',
      'm=audio 6000 RTP/AVP 8 0 97',
    ]);
    expect(answer).toContain('a=recvonly\r\n');
    expect(parseCarrierSdp(answer).eventPayloadType).toBe(97);
  });

  it('takes a connection address of 0.0.0.0 for hold', () => {
    expect(parseCarrierSdp(offer.replace('192.0.2.2', '0.0.0.0').replace('sendonly', 'sendrecv')).direction).toBe(
      'inactive',
    );
  });

  it.each([
    ['no m-line', 'v=0\r\n'],
    ['SRTP', offer.replace('m=audio 5004 RTP/AVP', 'm=audio 5004 UDP/TLS/RTP/SAVPF')],
    ['a refused stream', offer.replace('m=audio 5004', 'm=audio 0')],
    ['no address', offer.replaceAll(/c=.*\r\n/g, '')],
    ['far too much', offer + 'a=x\r\n'.repeat(10_000)],
  ])('refuses %s', (_, sdp) => {
    expect(() => parseCarrierSdp(sdp)).toThrow(expect.objectContaining({ code: 'ERR_SIMULATOR', problem: 'bad-sdp' }));
  });
});
