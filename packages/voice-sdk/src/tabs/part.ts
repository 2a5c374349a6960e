// Loaded with the first registration, where the browser has Web Locks.
export { AppData } from './app-data.js';
export { type TabClient, type TabMode, type TabRole, TabSeat } from './tab-seat.js';
