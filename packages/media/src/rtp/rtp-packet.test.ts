import { describe, expect, it } from 'vitest';
import { RtpParseError } from '../errors.js';
import { isRtcp, parseRtp, rewriteRtp, writeRtp } from './rtp-packet.js';
import { pseudoRandomOctets } from './testing-octets.js';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('RTP packet', () => {
  it('reads what it wrote', () => {
    const packet = {
      payloadType: 8,
      marker: true,
      sequenceNumber: 65_535,
      timestamp: 0xfffffff0,
      ssrc: 0xdeadbeef,
      payload: Buffer.from('audio'),
    };
    expect(parseRtp(writeRtp(packet))).toEqual(packet);
  });

  it('steps over CSRC, header extension and padding', () => {
    // CC=2, X with one word, P with 3 octets of padding; payload AA BB.
    const packet = bytes('b2 00 0001 00000002 00000003 11111111 22222222 bede 0001 10203040 aabb 00 00 03');
    expect(parseRtp(packet).payload).toEqual(bytes('aabb'));
  });

  it.each([
    ['bare', '80 00 0001 00000002 00000003 aabb'],
    ['with CSRC, extension and padding', 'b1 00 0001 00000002 00000003 11111111 bede 0001 10203040 aabb 00 00 03'],
    ['without payload', '80 00 0001 00000002 00000003'],
  ])('rewrites a packet in its place: %s', (_name, hex) => {
    const data = Buffer.concat([bytes('00 00 00'), bytes(hex)]).subarray(3);
    const parsed = parseRtp(data);
    const change = { payloadType: 96, marker: true, sequenceNumber: 7, timestamp: 8, ssrc: 0xfffffff9 };
    const expected = writeRtp({ ...parsed, ...change });
    const written = rewriteRtp(data, { ...parsed, ...change });
    expect(written).toEqual(expected);
    expect(written.buffer).toBe(data.buffer);
  });

  it('writes what a captured PCMU packet holds', () => {
    const captured = bytes('80 80 3c5f 0001e240 5f3759df ffffffff7f7f7f7f');
    expect(writeRtp(parseRtp(captured))).toEqual(captured);
    expect(parseRtp(captured)).toMatchObject({
      payloadType: 0,
      marker: true,
      sequenceNumber: 0x3c5f,
      timestamp: 123_456,
    });
  });

  it.each([
    ['nothing', ''],
    ['eleven octets', '8000000100000002000000'],
    ['version 1', '40 00 0001 00000002 00000003'],
    ['CSRC beyond the end', '8f 00 0001 00000002 00000003'],
    ['extension header beyond the end', '90 00 0001 00000002 00000003 be'],
    ['extension beyond the end', '90 00 0001 00000002 00000003 bede ffff'],
    ['padding of nothing', 'a0 00 0001 00000002 00000003 aabb00'],
    ['padding longer than the payload', 'a0 00 0001 00000002 00000003 aabbff'],
    ['padding flag without an octet', 'a0 00 0001 00000002 00000003'],
  ])('refuses %s', (_name, hex) => {
    expect(() => parseRtp(bytes(hex))).toThrow(RtpParseError);
  });

  it('never throws anything else, whatever comes', () => {
    for (let round = 0; round < 5000; round++) {
      const data = pseudoRandomOctets(round, round % 40);
      if (data.length > 0) data[0] = ((data[0] as number) & 0x3f) | 0x80;
      try {
        expect(parseRtp(data).payload.length).toBeLessThanOrEqual(data.length);
      } catch (error) {
        expect(error).toBeInstanceOf(RtpParseError);
      }
    }
  });

  it('tells RTCP on the same port', () => {
    expect(isRtcp(bytes('80c80006'))).toBe(true);
    expect(isRtcp(bytes('81c9'))).toBe(true);
    expect(isRtcp(bytes('8000'))).toBe(false);
    expect(isRtcp(bytes('80e5'))).toBe(false); // PT 101 with the marker bit.
    expect(isRtcp(bytes('80'))).toBe(false);
  });
});
