import { dtmfTone } from '@intermix/media';
import { type AudioSource, melody, ringback, tone } from './audio-source.js';
import type { SimulatedNumber } from './numbers.js';
import type { ReceivedCall } from './received-call.js';

/** What a number does when it is called. */
export type Behaviour = (call: ReceivedCall) => void;

/** The tone of `answer_tone` and, after the answer, of `early_media`. */
export const answerToneHz = 1000;

/** How long the numbers ring before they answer, milliseconds. */
const shortRingMs = 300;
const subscriberRingMs = 1000;
const earlyMediaMs = 1000;
/** How long `dtmf_readback` plays the tone pair of a digit. */
const readbackMs = 200;

const behaviours: Record<SimulatedNumber, Behaviour> = {
  echo: (call) => answerWith(call, () => call.echo()),
  answer_tone: (call) => {
    call.ring();
    call.after(shortRingMs, () => answerAndPlay(call, tone(answerToneHz)));
  },
  busy: (call) => call.reject(486),
  no_answer: (call) => call.ring(),
  reject: (call) => call.reject(603),
  dtmf_readback: (call) => {
    call.on('digit', (digit) => readBack(call, digit));
    answerAndPlay(call);
  },
  early_media: (call) => {
    void call.earlyMedia(ringback());
    call.after(earlyMediaMs, () => answerAndPlay(call, tone(answerToneHz)));
  },
};

/** An ordinary subscriber: rings for a second, with ringback from the exchange, answers, and talks. */
const subscriber: Behaviour = (call) => {
  call.ring();
  void call.earlyMedia(ringback());
  call.after(subscriberRingMs, () => answerAndPlay(call, melody()));
};

/** The behaviour of a number with a name, or that of an ordinary subscriber. */
export function behaviourOf(name: SimulatedNumber | undefined): Behaviour {
  return name === undefined ? subscriber : behaviours[name];
}

function answerAndPlay(call: ReceivedCall, source?: AudioSource): void {
  answerWith(call, () => call.play(source));
}

/** `answer` never rejects. */
function answerWith(call: ReceivedCall, then: () => void): void {
  call.once('answered', then);
  void call.answer();
}

/** First as an event, then as its tone pair: both ways of telling digits are tested by one call. */
function readBack(call: ReceivedCall, digit: string): void {
  const pair = dtmfTone(digit);
  const sent = call.sendDigits(digit).catch(() => undefined); // The caller takes no events; the tone pair will do.
  void sent.then(() => {
    if (!pair || call.ended) return;
    call.play(tone(...pair.frequenciesHz));
    call.after(readbackMs, () => call.play());
  });
}
