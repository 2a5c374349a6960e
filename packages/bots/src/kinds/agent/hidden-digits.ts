/** Four digits and more, of any script, as they are spoken and written: apart, in groups, with dashes. Not numbers in words. */
const longNumber = /\p{Nd}(?:[ \u00a0.,-]{0,2}\p{Nd}){3,}/gu;
const hidden = '****';

/** A line of a conversation without its longer numbers: those of cards, accounts and identities. */
export function digitsHidden(text: string): string {
  return text.replace(longNumber, hidden);
}
