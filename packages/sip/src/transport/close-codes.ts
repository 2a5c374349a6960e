/**
 * Status code with which a page closes its WebSocket as it goes away in a call that its next load, or another tab, can take
 * up: the server then waits a few seconds only, as most pages that go do not come back. Of the range for private use,
 * RFC 6455 §7.4.2.
 */
export const PAGE_GONE = 4001;
