export { type TokenAccount, TokenKeeper, type TokenKeeperDeps } from './token-keeper.js';
