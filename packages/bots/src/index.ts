export { readConfig } from './config/read-config.js';
export { botKinds } from './kinds/bot-kinds.js';
export * from './session/bot.js';
export { BotConfigError } from './session/bot-config-error.js';
