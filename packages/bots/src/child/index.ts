export { runBotChild } from './run-bot-child.js';
