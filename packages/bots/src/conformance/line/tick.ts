/** The step of the caller's clock: what is said and heard is decided, and measured, so finely. */
export const tickMs = 20;
