import { hex, type Random } from '@intermix/kernel';

/** A random UUID, RFC 9562 §5.4: customers and apps carry one in Exotel's answers. */
export function createUuid(random: Random): string {
  const octets = random.bytes(16);
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x40;
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80;
  return hex(octets).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
