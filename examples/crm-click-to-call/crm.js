import { ExotelCRMWebSDK } from 'http://127.0.0.1:8080/sdk/crm.mjs';
import { contactOf, makeContacts } from './contacts.js';

const byId = (id) => document.getElementById(id);
const userId = new URLSearchParams(location.search).get('agent') ?? 'asha';

/** The CRM's own backend. It keeps the app's secret, and gives its page a token. */
async function ask(path, body) {
  const init = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(path, init);
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.message);
  return json;
}

let contacts = [];
let shown;
let phone;
/** The call that is up: with whom, since when, and whether this page placed it. */
let current;
/** The customer that was clicked, until the server rings this page for it. */
let placing;

async function start() {
  const { agents, simulated_numbers } = await ask('/api/accounts');
  byId('agent').textContent = agents.find((agent) => agent.user_id === userId)?.name ?? userId;
  contacts = makeContacts(simulated_numbers);
  show(contacts[0]);
  const { accessToken, host } = await ask(`/api/crm-session?user=${encodeURIComponent(userId)}`);
  const sdk = new ExotelCRMWebSDK(accessToken, userId, true, { host });
  phone = await sdk.Initialize(onCall, onRegister, onSession);
  if (!phone) throw sdk.lastError;
}

function onRegister(state) {
  byId('state').textContent = { registered: 'ready', sent_request: 'connecting…' }[state] ?? 'not connected';
  byId('state').dataset.state = state;
}

function onSession(state) {
  if (state === 'media_permission_denied') say('Allow the microphone for this page, then answer again.');
}

function onCall(event, { callFromNumber }) {
  if (event === 'incoming') incoming(callFromNumber ?? '');
  else if (event === 'connected' && current) become('connected', 'In a call with');
  else if (event === 'callEnded') ended();
}

/** Somebody calls, or the server rings us for the customer that was clicked: that one needs no second click. */
function incoming(number) {
  const contact = contactOf(contacts, number);
  const outgoing = placing === contact;
  placing = undefined;
  current = { contact, outgoing, sinceMs: Date.now(), connected: false };
  show(contact); // The screen pop.
  become('ringing', outgoing ? 'Calling' : 'Incoming call from');
  if (outgoing) phone.AcceptCall();
}

function ended() {
  if (!current) return;
  const { contact, outgoing, sinceMs, connected } = current;
  const seconds = Math.round((Date.now() - sinceMs) / 1000);
  const outcome = connected ? `${seconds} s` : outgoing ? 'not reached' : 'missed';
  contact.calls.unshift(`${outgoing ? 'Outgoing' : 'Incoming'}, ${new Date(sinceMs).toLocaleTimeString()}: ${outcome}`);
  current = undefined;
  become('idle', '');
  if (shown === contact) show(contact);
}

function become(state, text) {
  if (state === 'connected') Object.assign(current, { connected: true, sinceMs: Date.now() });
  byId('call').hidden = state === 'idle';
  byId('call').dataset.state = state;
  byId('call-state').textContent = text;
  byId('call-with').textContent = current?.contact.name ?? '';
  byId('accept').hidden = state !== 'ringing' || current.outgoing;
  for (const id of ['mute', 'hold']) {
    byId(id).hidden = state !== 'connected';
    byId(id).setAttribute('aria-pressed', 'false');
  }
  byId('hangup').textContent = byId('accept').hidden ? 'End' : 'Decline';
  byId('dial').disabled = state !== 'idle';
}

function dial() {
  const contact = shown;
  if (!phone || placing || current) return;
  placing = contact;
  say('');
  byId('dial').disabled = true;
  // The customer's id comes back in the webhooks and the records of the call.
  phone.MakeCall(contact.number, (status, data) => status === 'failed' && notPlaced(data), contact.id);
}

function notPlaced({ message, cure }) {
  placing = undefined;
  byId('dial').disabled = false;
  say(`${message}. ${cure ?? ''}`);
}

function show(contact) {
  if (shown) shown.notes = byId('notes').value;
  shown = contact;
  byId('name').textContent = contact.name;
  byId('company').textContent = contact.company;
  byId('number').textContent = contact.number;
  byId('notes').value = contact.notes;
  byId('avatar').textContent = initials(contact.name);
  byId('activity').replaceChildren(...contact.calls.map((text) => element('li', text)));
  byId('no-activity').hidden = contact.calls.length > 0;
  byId('contacts').replaceChildren(...contacts.map((each) => entry(each)));
}

function entry(contact) {
  const button = element('button', '');
  button.type = 'button';
  button.append(element('strong', contact.name), element('small', contact.company));
  if (contact === shown) button.setAttribute('aria-current', 'true');
  button.onclick = () => {
    show(contact);
    byId('contacts').querySelector('[aria-current]')?.focus();
  };
  const item = element('li', '');
  item.append(button);
  return item;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function initials(name) {
  const letters = name.split(' ').map((word) => word[0]);
  return letters.slice(0, 2).join('');
}

function say(text) {
  byId('message').textContent = text;
  byId('message').hidden = text === '';
}

function toggle(id) {
  const pressed = byId(id).getAttribute('aria-pressed') !== 'true';
  byId(id).setAttribute('aria-pressed', String(pressed));
}

byId('dial').onclick = dial;
byId('accept').onclick = () => phone.AcceptCall();
byId('hangup').onclick = () => phone.HangupCall();
byId('mute').onclick = () => {
  phone.ToggleMute();
  toggle('mute');
};
byId('hold').onclick = () => {
  phone.ToggleHold();
  toggle('hold');
};
byId('ring').onclick = () => ask('/api/ring', { user_id: userId }).catch((error) => say(error.message));
start().catch((error) => say(`${error.message} ${error.cure ?? ''}`));
