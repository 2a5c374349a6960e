/** Sizes above which a message is refused before any effort is spent on it. */
export const limits = {
  /** Octets of a whole message: what fits into one UDP datagram. */
  messageBytes: 65_535,
  /** Characters of one unfolded header field or of the start line. */
  headerLength: 16_384,
  requestUriLength: 4_096,
  headerCount: 200,
  viaCount: 100,
} as const;
