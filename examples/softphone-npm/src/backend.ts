/** What your own backend tells the page: here the examples' backend, with the demo agents. */
export interface Account {
  user_id: string;
  name: string;
  sip_username: string;
  sip_password: string;
  sip_domain: string;
}

export interface Accounts {
  agents: Account[];
  ws_url: string;
}

export async function loadAccounts(): Promise<Accounts> {
  return (await ask('/api/accounts')) as Accounts;
}

/** Lets the simulated telephone network call the agent. */
export async function ring(userId: string): Promise<void> {
  const body = JSON.stringify({ user_id: userId });
  await ask('/api/ring', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

async function ask(path: string, init?: RequestInit): Promise<unknown> {
  const answer = await fetch(path, init);
  const body = await answer.json();
  if (!answer.ok) throw new Error((body as { message: string }).message);
  return body;
}
