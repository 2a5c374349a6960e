/**
 * The numbers with a behaviour of their own, E.164. The range +91 11 3000 0xxx is ours alone: nobody's phone rings when a
 * test leaks to a real carrier.
 */
export const simulatedNumbers = {
  /** Answers at once and sends back what it hears. */
  echo: '+911130000001',
  /** Rings for 300 ms, answers, plays 1000 Hz. */
  answer_tone: '+911130000002',
  /** 486 Busy Here. */
  busy: '+911130000003',
  /** Rings until the caller gives up. */
  no_answer: '+911130000004',
  /** 603 Decline. */
  reject: '+911130000005',
  /** Answers and says each digit back, as a telephone event and as its tone pair. */
  dtmf_readback: '+911130000006',
  /** Sends ringback as early media for a second (183 with SDP), then answers with 1000 Hz. */
  early_media: '+911130000007',
} as const;

export type SimulatedNumber = keyof typeof simulatedNumbers;

/** The calling number of placed calls unless told otherwise. */
export const defaultCallerNumber = '+911130000100';

const nameOfNumber = new Map<string, SimulatedNumber>(
  Object.entries(simulatedNumbers).map(([name, number]) => [number, name as SimulatedNumber]),
);

/** Which behaviour a dialled number has; undefined for an ordinary subscriber. */
export function simulatedNumberOf(number: string): SimulatedNumber | undefined {
  return nameOfNumber.get(number);
}

/**
 * What a carrier in India makes of dialled digits: `+E.164`, or undefined when they are no telephone number. Takes
 * `+91…`, `0091…`, `0` and ten digits, ten digits, and E.164 without its plus; visual separators do not count (RFC 3966 §5.1.1).
 */
export function dialledNumber(user: string | undefined): string | undefined {
  const digits = (user ?? '').replace(/[-.() ]/g, '');
  if (/^\+[1-9]\d{6,14}$/.test(digits)) return digits;
  if (/^00[1-9]\d{6,13}$/.test(digits)) return `+${digits.slice(2)}`;
  if (/^0[1-9]\d{9}$/.test(digits)) return `+91${digits.slice(1)}`;
  if (/^[1-9]\d{9}$/.test(digits)) return `+91${digits}`;
  if (/^[1-9]\d{10,14}$/.test(digits)) return `+${digits}`;
  return undefined;
}
