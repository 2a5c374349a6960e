import type { BotKind } from '../../session/bot.js';
import { AgentBot } from './agent-bot.js';
import { type AgentConfig, agentNeeds, readAgentConfig } from './agent-config.js';
import { filledInFor } from './filled-in.js';
import { systemKeyOf } from './system-key.js';

/** Speech to speech: a model behind a WebSocket that speaks as OpenAI's Realtime API does. */
export const agent: BotKind<AgentConfig> = {
  name: 'agent',
  secretKeys: ['api_key', 'secret_headers'],
  parse: readAgentConfig,
  needs: agentNeeds,
  systemKey: systemKeyOf,
  // Read again: what an earlier version kept lacks the fields that came later.
  start: (config, session) => new AgentBot(filledInFor(readAgentConfig(config), session.facts), session),
};
