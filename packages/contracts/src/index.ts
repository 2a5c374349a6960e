export type { Bootstrap } from './bootstrap.js';
