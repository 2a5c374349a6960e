import { VoiceClient, VoiceError } from '@intermix/voice-sdk';
import { type Account, type Accounts, loadAccounts, ring } from './backend';
import { showCall } from './call-view';

const byId = <T extends HTMLElement = HTMLElement>(id: string): T => document.querySelector<T>(`#${id}`)!;
const agent = byId<HTMLSelectElement>('agent');
const number = byId<HTMLInputElement>('number');
let client: VoiceClient | undefined;

function say(text: string): void {
  byId('message').textContent = text;
  byId('message').hidden = text === '';
}

/** A VoiceError says what helps. */
function complain(error: unknown): void {
  say(error instanceof VoiceError ? `${error.message}. ${error.cure}` : String(error));
}

function createClient({ sip_username, sip_password, sip_domain, name }: Account, serverUrl: string): VoiceClient {
  const created = new VoiceClient({
    serverUrl,
    username: sip_username,
    password: sip_password,
    domain: sip_domain,
    displayName: name,
  });
  created.on('registered', () => showState('online'));
  created.on('unregistered', ({ reason, willRetry }) => {
    showState(willRetry ? 'reconnecting…' : 'offline');
    if (reason !== 'requested' && !willRetry) say(`The server refused: ${reason}.`);
  });
  created.on('callAdded', (call) => showCall(call, byId('calls'), complain));
  created.on('autoplayBlocked', () => say('The browser keeps this page silent: click anywhere to hear calls.'));
  return created;
}

function showState(text: string): void {
  byId('state').textContent = text;
  byId('state').dataset.state = text;
  byId('online').textContent = text === 'offline' ? 'Go online' : 'Go offline';
  agent.disabled = text !== 'offline';
}

async function toggleOnline({ agents, ws_url }: Accounts): Promise<void> {
  if (client) {
    await client.dispose();
    client = undefined;
    showState('offline');
    return;
  }
  const account = agents.find(({ user_id }) => user_id === agent.value);
  if (!account) return;
  showState('connecting…');
  client = createClient(account, ws_url);
  await client.register();
}

function start(accounts: Accounts): void {
  agent.replaceChildren(...accounts.agents.map(({ name, user_id }) => new Option(name, user_id)));
  agent.value = new URLSearchParams(location.search).get('agent') ?? agent.value;
  byId('account').onsubmit = (event) => {
    event.preventDefault();
    say('');
    toggleOnline(accounts).catch(complain);
  };
  byId('dialer').onsubmit = (event) => {
    event.preventDefault();
    say('');
    try {
      if (!client) return say('Go online first.');
      client.call(number.value);
      number.value = '';
    } catch (error) {
      complain(error);
    }
  };
  byId('ring').onclick = () => ring(agent.value).catch(complain);
}

loadAccounts().then(start, complain);
