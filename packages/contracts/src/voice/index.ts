export { istTime, parseIstTime } from './ist-time.js';
