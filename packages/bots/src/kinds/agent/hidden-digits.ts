/** Four digits and more, as they are spoken and written: apart, in groups, with dashes. */
const longNumber = /\d(?:[ \u00a0.,-]{0,2}\d){3,}/g;
const hidden = '****';

/** A line of a conversation without its longer numbers: those of cards, accounts and identities. */
export function digitsHidden(text: string): string {
  return text.replace(longNumber, hidden);
}
