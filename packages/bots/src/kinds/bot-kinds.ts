import type { BotKind } from '../session/bot.js';
import { agent } from './agent/agent.js';
import { echo } from './echo.js';
import { ivr } from './ivr.js';
import { remote } from './remote.js';

/** Every kind of bot. A new one is its file and a line here. */
export const botKinds: ReadonlyMap<string, BotKind<never>> = new Map(
  [agent, echo, ivr, remote].map((kind) => [kind.name, kind as BotKind<never>]),
);
