import type { Need } from '../applets/applet-kind.js';
import type { FlowFacts } from '../ports/flow-facts.js';
import type { FlowProblem } from './flow-problem.js';

/** What a document relies on, and its whole place. */
export type PlacedNeed = Need & { path: string };

/** Different users, numbers, prompts and bots that one document may name: each is a query. */
const maxNeeds = 500;

/** What of it is not there, or may not be opened; what is named several times is looked up once. At most `maxProblems`. */
export async function outsideProblems(
  needs: readonly PlacedNeed[],
  of: { accountSid: string; appId: string | undefined; facts: FlowFacts; maxProblems: number },
): Promise<FlowProblem[]> {
  const asked = new Set(needs.filter(({ kind }) => kind !== 'url').map(nameOf));
  if (asked.size > maxNeeds) {
    const message = `They name ${asked.size} users, numbers, prompts and bots; ${maxNeeds} are allowed.`;
    return [{ path: 'applets', code: 'too-large', message }];
  }
  const known = new Map<string, Omit<FlowProblem, 'path'> | undefined>();
  const found: FlowProblem[] = [];
  for (const need of needs) {
    const name = nameOf(need);
    if (!known.has(name)) known.set(name, await problemOf(need, of));
    const problem = known.get(name);
    if (problem !== undefined) found.push({ path: need.path, ...problem });
    if (found.length >= of.maxProblems) break;
  }
  return found;
}

/** The same for two needs that the same answer serves, wherever they stand. */
function nameOf({ at: _, path: __, ...need }: PlacedNeed): string {
  return JSON.stringify(need);
}

async function problemOf(
  need: Need,
  { accountSid, appId: ofDocument, facts }: { accountSid: string; appId: string | undefined; facts: FlowFacts },
): Promise<Omit<FlowProblem, 'path'> | undefined> {
  switch (need.kind) {
    case 'user': {
      const appId = need.appId ?? ofDocument;
      if (appId === undefined)
        return { code: 'unknown-user', message: 'Say of which app the user is: app_id, here or in the document.' };
      if (await facts.hasUser(accountSid, appId, need.userId)) return undefined;
      return { code: 'unknown-user', message: `There is no user ${need.userId} in the app ${appId}.` };
    }
    case 'caller-id':
      if (await facts.hasNumber(accountSid, need.number)) return undefined;
      return { code: 'unknown-number', message: `${need.number} is no number of the account.` };
    case 'prompt':
      if (await facts.hasPrompt(accountSid, need.promptId)) return undefined;
      return { code: 'unknown-prompt', message: `There is no prompt ${need.promptId}.` };
    case 'bot':
      if (await facts.hasBot(accountSid, need.botId)) return undefined;
      return { code: 'unknown-bot', message: `There is no bot ${need.botId}.` };
    case 'url': {
      const why = whyUrlRefused(need, facts);
      return why === undefined ? undefined : { code: 'bad-url', message: why };
    }
  }
}

function whyUrlRefused({ url, schemes }: Extract<Need, { kind: 'url' }>, facts: FlowFacts): string | undefined {
  const scheme = /^([a-z]+):\/\//i.exec(url)?.[1]?.toLowerCase();
  const known: readonly string[] = schemes;
  if (scheme === undefined || !known.includes(scheme)) return `Its scheme must be one of ${schemes.join(', ')}.`;
  return facts.whyRefused(url);
}
