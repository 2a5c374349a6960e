// Session descriptions of a telephone on loopback that speaks PCMU.

export const telephoneOffer = (port) =>
  `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`;

/** The port at which a session description wants its audio. */
export const audioPortOf = (sdp) => Number(/m=audio (\d+)/.exec(sdp)[1]);
