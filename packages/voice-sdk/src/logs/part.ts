// The log book of the Exotel-shaped face, loaded with the first line that is logged.
export { LogBook } from './log-book.js';
