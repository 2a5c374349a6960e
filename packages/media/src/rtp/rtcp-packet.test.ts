import { describe, expect, it } from 'vitest';
import { RtpParseError } from '../errors.js';
import { parseRtcp, type RtcpPacket, writeRtcp } from './rtcp-packet.js';
import { pseudoRandomOctets } from './testing-octets.js';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const block = {
  ssrc: 1,
  fractionLost: 12,
  packetsLost: -3,
  highestSequence: 0x0001ffff,
  jitterTicks: 99,
  lastSenderReport: 0xcafebabe,
  delaySinceLastSenderReport: 65_536,
};

describe('RTCP compound', () => {
  it('reads what it wrote', () => {
    const packets: Exclude<RtcpPacket, { type: 'other' }>[] = [
      {
        type: 'sr',
        ssrc: 0xdeadbeef,
        sender: { ntpSeconds: 0xe0000000, ntpFraction: 5, rtpTimestamp: 6, packetCount: 7, octetCount: 8 },
        blocks: [block, { ...block, ssrc: 2 }],
      },
      { type: 'rr', ssrc: 3, blocks: [block] },
      {
        type: 'sdes',
        chunks: [
          { ssrc: 4, cname: 'abc' },
          { ssrc: 5, cname: 'abcd' },
        ],
      },
      { type: 'bye', ssrcs: [6, 7] },
    ];
    expect(parseRtcp(Buffer.concat(packets.map(writeRtcp)))).toEqual(packets);
  });

  it('passes over what it does not know', () => {
    // Transport feedback (205) and a BYE with a reason.
    const compound = bytes('81 cd 0002 00000001 00000002  81 cb 0002 00000009 03627965');
    expect(parseRtcp(compound)).toEqual([
      { type: 'other', packetType: 205 },
      { type: 'bye', ssrcs: [9] },
    ]);
  });

  it.each([
    ['a header cut short', '80c8'],
    ['a length beyond the end', '80c9 0005 00000001'],
    ['version 1', '40c9 0001 00000001'],
    ['more blocks than octets', '85c9 0001 00000001'],
    ['an SR without sender info', '80c8 0001 00000001'],
    ['an SDES item beyond the end', '81ca 0002 00000001 01ff6162'],
    ['an SDES chunk beyond the end', '82ca 0002 00000001 00000000'],
    ['a BYE with too many sources', '9fcb 0001 00000001'],
  ])('refuses %s', (_name, hex) => {
    expect(() => parseRtcp(bytes(hex))).toThrow(RtpParseError);
  });

  it('never throws anything else, whatever comes', () => {
    for (let round = 0; round < 5000; round++) {
      const data = pseudoRandomOctets(round, round % 64);
      if (data.length > 3) {
        data[0] = 0x80 | ((data[0] as number) & 0x1f);
        data[1] = 200 + ((data[1] as number) % 6);
        data.writeUInt16BE(Math.floor(data.length / 4) - 1, 2);
      }
      try {
        parseRtcp(data);
      } catch (error) {
        expect(error).toBeInstanceOf(RtpParseError);
      }
    }
  });
});
