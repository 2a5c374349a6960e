// The 200 to a REGISTER must show each Contact as its owner wrote it: clients look for their own text in it and think
// themselves unregistered when it is not there. So the text is edited, never written anew.

/** The contact element without its `expires` parameter. */
export function withoutExpires(contact: string): string {
  const end = endOfAddress(contact);
  return contact.slice(0, end) + contact.slice(end).replace(/;\s*expires\s*=\s*[^;\s]*\s*/gi, '');
}

/** The contact element with `;expires=` of what is granted now. */
export function withExpires(contact: string, expiresSec: number): string {
  return `${withoutExpires(contact)};expires=${expiresSec}`;
}

/** Where header parameters begin: behind `>`, or at the first `;` of a bare URI (RFC 3261 §20). Quoted text is skipped. */
function endOfAddress(contact: string): number {
  let quoted = false;
  for (let i = 0; i < contact.length; i++) {
    const c = contact[i];
    if (quoted && c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (c === '>' && !quoted) return i + 1;
  }
  const semicolon = contact.indexOf(';');
  return semicolon < 0 ? contact.length : semicolon;
}
