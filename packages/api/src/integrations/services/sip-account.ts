import { createId, hex, type Random } from '@intermix/kernel';

const maxStemLength = 32;

/**
 * A user name that is safe in a SIP URI and a web address, and tells a person whose it is: the customer's id in plain letters,
 * and eight random hex digits. It begins with a letter, so that nobody takes it for a telephone number.
 */
export function newSipUsername(userId: string, random: Random): string {
  const plain = userId
    .normalize('NFKD')
    .toLowerCase()
    .replace(/@.*$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, maxStemLength);
  return `${plain === '' ? 'user' : plain}-${hex(random.bytes(4))}`;
}

/** 128 random bits. */
export function newSipPassword(random: Random): string {
  return createId('', 16, random);
}
