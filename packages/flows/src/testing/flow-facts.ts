import type { FlowFacts } from '../ports/flow-facts.js';

/** An account `acc` with a user `asha` of the app `crm`, a number, a prompt, and a bot. */
export const testFacts: FlowFacts = {
  hasUser: async (accountSid, appId, userId) => accountSid === 'acc' && appId === 'crm' && userId === 'asha',
  hasNumber: async (_, number) => number === '+918047100000',
  hasPrompt: async (_, promptId) => promptId === 'prm_1',
  hasBot: async (_, botId) => botId === 'bot_1',
  whyRefused: (url) => (url.includes('169.254.') ? 'The address may not be used.' : undefined),
};
