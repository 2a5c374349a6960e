export type { ClientTransaction, ClientTransactionHandlers } from './client-transaction.js';
export { defaultTransactionTimers, type TransactionTimers } from './machine.js';
export type { ConnectFlow } from './response-path.js';
export type { ServerTransaction } from './server-transaction.js';
export {
  type SentBy,
  TransactionLayer,
  type TransactionLayerOptions,
  type TransactionUser,
} from './transaction-layer.js';
