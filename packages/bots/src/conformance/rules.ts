// The rules that a bot is held to, by names that stay. `rule` is a sentence; what was seen stands beside it in the report.

export type Severity = 'error' | 'warning' | 'note';

/** One octet more than the longest name of a mark that is told back. */
export const maxMarkName = 256;
export const audioSizes = { minimum: 3_200, maximum: 100_000, unit: 320 } as const;

export const rules = {
  'handshake-failed': {
    severity: 'error',
    rule: 'A bot takes the WebSocket handshake within 10 s, in one of two tries.',
  },
  'handshake-retried': { severity: 'warning', rule: 'The first handshake succeeds; there is only one more.' },
  'binary-message': { severity: 'error', rule: 'Messages are text frames that hold JSON.' },
  'not-json': { severity: 'error', rule: 'A message is one JSON object.' },
  'no-event': { severity: 'error', rule: 'A message names its kind in "event".' },
  'unknown-event': { severity: 'note', rule: 'A bot says media, mark and clear; anything else is left aside.' },
  'media-without-payload': { severity: 'error', rule: 'A media message has its audio as text in "media.payload".' },
  'media-before-start': { severity: 'error', rule: 'A bot speaks after it has been told "start".' },
  'audio-not-base64': { severity: 'error', rule: 'Audio is Base64 of the bare samples.' },
  'audio-odd-length': { severity: 'error', rule: 'Audio is whole samples of 16 bit: an even number of octets.' },
  'audio-empty': { severity: 'warning', rule: 'A media message has audio in it.' },
  'audio-too-small': { severity: 'warning', rule: 'A media message holds at least 3,200 octets of audio.' },
  'audio-too-large': { severity: 'error', rule: 'A media message holds at most 100,000 octets of audio.' },
  'audio-not-multiple-of-320': {
    severity: 'warning',
    rule: 'The audio of a media message is a multiple of 320 octets; what is missing to 20 ms is heard as a gap.',
  },
  'stream-sid-missing': { severity: 'note', rule: 'A message names its stream in "stream_sid".' },
  'stream-sid-spelling': { severity: 'note', rule: 'The key is "stream_sid", not "streamSid".' },
  'stream-sid-foreign': { severity: 'error', rule: 'The stream_sid is the one of "start".' },
  'mark-without-name': { severity: 'error', rule: 'A mark has a name in "mark.name": it is told back by it.' },
  'mark-name-too-long': { severity: 'warning', rule: 'The name of a mark has at most 256 characters.' },
  underrun: { severity: 'warning', rule: 'A bot that speaks sends its audio before it is due: a gap is heard.' },
  'standing-queue': {
    severity: 'warning',
    rule: 'No more audio waits to be played than the script allows (queue_limit_ms): what waits is what a caller has to interrupt.',
  },
  'queue-overflow': {
    severity: 'error',
    rule: 'Not more than three minutes of audio wait to be played: the oldest is lost.',
  },
  flood: { severity: 'error', rule: 'Not more than 1 MB and 1,000 messages a second, after a burst of 6 MB or 5,000.' },
  'barge-in-ignored': {
    severity: 'error',
    rule: 'A bot that is interrupted sends "clear", or at least falls silent, while the caller speaks.',
  },
  'never-spoke': { severity: 'error', rule: 'A bot says something in a call of five seconds or more.' },
  'closed-at-once': {
    severity: 'error',
    rule: 'A bot that takes a call does not close it before it has said anything.',
  },
  'close-code': {
    severity: 'error',
    rule: 'A bot closes with 1000, or 1001 when it goes away; there are no codes of its own.',
  },
  'close-code-missing': { severity: 'note', rule: 'A bot that closes says why: 1000.' },
  'audio-after-stop': { severity: 'error', rule: 'A bot that was told "stop" sends no more audio.' },
  'stop-ignored': { severity: 'warning', rule: 'A bot that was told "stop" closes the socket, or lets it be closed.' },
  'close-ignored': { severity: 'error', rule: 'A bot answers the closing handshake within two seconds.' },
  'ping-unanswered': { severity: 'error', rule: 'A ping is answered within ten seconds.' },
} as const satisfies Record<string, { severity: Severity; rule: string }>;

export type RuleName = keyof typeof rules;
