/** The customers of this CRM: numbers of the simulated telephone network, and what happens when they are called. */
export function makeContacts(numbers) {
  return [
    { id: 'C-1001', name: 'Meera Iyer', company: 'Lotus Textiles', number: numbers.answer_tone },
    { id: 'C-1002', name: 'Arjun Mehta', company: 'Mehta Motors', number: numbers.echo },
    { id: 'C-1003', name: 'Kavya Pillai', company: 'Blue Ferry Lines', number: numbers.dtmf_readback },
    { id: 'C-1004', name: 'Rahul Verma', company: 'Verma & Sons, always busy', number: numbers.busy },
    { id: 'C-1005', name: 'Nisha Das', company: 'Das Analytics, calls in', number: '+911130000100' },
  ].map((contact) => ({ ...contact, notes: '', calls: [] }));
}

/** The customer with this number, however it is written; a stranger becomes one. */
export function contactOf(contacts, number) {
  const digits = (text) => text.replace(/\D/g, '').slice(-10);
  const known = contacts.find((contact) => digits(contact.number) === digits(number));
  if (known) return known;
  const stranger = { id: `C-${1001 + contacts.length}`, name: number, company: 'New', number, notes: '', calls: [] };
  contacts.push(stranger);
  return stranger;
}
