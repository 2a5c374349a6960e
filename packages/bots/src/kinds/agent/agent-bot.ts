import type { Timer } from '@intermix/kernel';
import type { Bot, BotSession } from '../../session/bot.js';
import type { AgentConfig } from './agent-config.js';
import { BargeIn } from './barge-in.js';
import { Ear } from './ear.js';
import { Ending } from './ending.js';
import { Greeting, greetingDirective, verbatim } from './greeting.js';
import { Mouth } from './mouth.js';
import { PressedKeys } from './pressed-keys.js';
import type { ProviderEvent } from './provider-event.js';
import { ProviderFaults } from './provider-faults.js';
import { ProviderLink } from './provider-link.js';
import { type ProviderRequests, providerRequests } from './provider-request.js';
import { ReadAhead } from './read-ahead.js';
import { Responses } from './responses.js';
import { SilenceWatch } from './silence-watch.js';
import type { SpokenItem } from './spoken-item.js';
import { TalkRecord } from './talk-record.js';
import { ToolTurns } from './tool-turns.js';
import { TurnTimes } from './turn-times.js';

type Of<Type extends ProviderEvent['type']> = Extract<ProviderEvent, { type: Type }>;

/** Well within what the session keeps. A provider that is held up in time does not come here. */
const maxQueuedMs = 400_000;
/** A tool is waited for by its own time-out, a caller who speaks for ever: to the watch on silence they are as this. */
const busyMs = 1_000;
const areYouThere = 'The caller has said nothing for a while: ask briefly whether they are still there.';

/** The agent of one call: the caller's words to the provider, the provider's to the caller, and whose turn it is. */
export class AgentBot implements Bot {
  readonly #config: AgentConfig;
  readonly #session: BotSession;
  readonly #requests: ProviderRequests;
  readonly #link: ProviderLink;
  readonly #ear: Ear;
  readonly #mouth: Mouth;
  readonly #responses: Responses;
  readonly #bargeIn: BargeIn;
  readonly #greeting: Greeting;
  readonly #silence: SilenceWatch;
  readonly #tools: ToolTurns;
  readonly #keys: PressedKeys;
  readonly #faults: ProviderFaults;
  readonly #ending: Ending;
  readonly #readAhead: ReadAhead;
  readonly #times: TurnTimes;
  readonly #record: TalkRecord;
  readonly #longest: Timer;

  constructor(config: AgentConfig, session: BotSession) {
    const { clock } = session;
    this.#config = config;
    this.#session = session;
    const requests = providerRequests(config);
    const link = new ProviderLink({ config, session, handlers: this.#linkHandlers() });
    const responses = new Responses((directive) => link.send(requests.respond(directive)));
    const mouth = new Mouth({ session, told: (item) => this.#said(item) });
    [this.#requests, this.#link, this.#responses, this.#mouth] = [requests, link, responses, mouth];
    this.#bargeIn = new BargeIn({ session, mouth, responses, link, requests });
    this.#ear = new Ear({ session, send: (samples) => link.send(requests.audio(samples)) });
    this.#tools = new ToolTurns({ config, session, link, requests, answered: () => this.#toolsAnswered() });
    this.#readAhead = new ReadAhead({ session, link });
    this.#record = new TalkRecord({ config, session, link, requests });
    const { type, silence_duration_ms: silenceMs } = config.turn_detection;
    this.#times = new TurnTimes(session, type === 'server_vad' ? silenceMs : 0);
    this.#greeting = new Greeting({ config, session });
    this.#faults = new ProviderFaults({ config, session, tooMuch: (why) => this.#close(why) });
    this.#keys = new PressedKeys({ clock, complete: (keys) => this.#keysPressed(keys) });
    this.#silence = this.#silenceWatch();
    this.#ending = new Ending({
      session,
      isReachable: () => link.isOpen,
      sayFarewell: (words) => responses.insist(verbatim(words)),
      beforeClose: () => mouth.close(),
    });
    this.#longest = clock.schedule(config.max_duration_seconds * 1000, () => this.#tooLong());
    link.open();
    if (this.#greeting.isPrompt)
      void this.#prompt(config.greeting.text, () => this.#promptGreeted(config.greeting.text));
  }

  handleAudio(samples: Int16Array): void {
    if (!this.#ending.isBegun && !this.#greeting.isUndisturbed) this.#ear.hear(samples, this.#link.isOpen);
  }

  handleDtmf(digit: string): void {
    this.#record.pressed(digit);
    this.#silence.heardCaller();
    if (!this.#ending.isBegun) this.#keys.pressed(digit);
  }

  handleMark(name: string): void {
    this.#mouth.handleMark(name);
    this.#ending.handleMark(name);
  }

  handleStop(): void {
    this.#mouth.close(); // What was heard is told while it can be.
  }

  close(): void {
    this.#longest.cancel();
    this.#ending.close();
    this.#silence.close();
    this.#keys.close();
    this.#tools.close();
    this.#readAhead.close();
    this.#link.close();
    this.#mouth.close();
    this.#ear.close();
  }

  #linkHandlers() {
    return {
      opened: (isAgain: boolean) => this.#opened(isAgain),
      event: (event: ProviderEvent) => this.#take(event),
      lost: (why: string) => this.#lost(why),
      givenUp: (why: string) => this.#givenUp(why),
    };
  }

  #silenceWatch(): SilenceWatch {
    const { after_seconds: afterSec, times, text } = this.#config.silence;
    return new SilenceWatch({
      ...{ clock: this.#session.clock, afterMs: afterSec * 1000, times },
      busyMs: () => (this.#responses.isCallerSpeaking || this.#tools.isRunning ? busyMs : this.#session.queuedMs),
      silent: (time) => {
        this.#session.note('silence', { time });
        this.#responses.insist(text === '' ? areYouThere : verbatim(text));
      },
      givenUp: () => this.#end('timeout', 'The caller was silent.'),
    });
  }

  #opened(isAgain: boolean): void {
    this.#readAhead.goOn();
    this.#link.send(this.#requests.settings());
    if (isAgain) this.#goOn();
    else if (this.#config.greeting.by === 'provider') this.#responses.want(greetingDirective(this.#config));
    this.#ear.flush();
    this.#silence.restart();
  }

  /** The provider is another one, or has forgotten: it is told what was said, and asked where it owes an answer. */
  #goOn(): void {
    const { isAwaited } = this.#responses;
    this.#responses.reset();
    this.#record.tellAgain();
    this.#session.note('provider-reconnected');
    if (isAwaited) this.#responses.want();
  }

  #lost(why: string): void {
    this.#session.note('provider-lost', { why: this.#faults.hide(why) });
    this.#mouth.responseDone();
    const { filler } = this.#config.reconnect;
    if (this.#ending.isBegun) this.#ending.farewellSaid();
    else if (filler !== '' && !this.#mouth.isSpeaking) void this.#prompt(filler);
  }

  #givenUp(why: string): void {
    if (this.#ending.isBegun) this.#ending.farewellSaid();
    else this.#close(`The provider was lost: ${why}`);
  }

  #take(event: ProviderEvent): void {
    switch (event.type) {
      case 'speech-started':
        this.#callerSpeaks(event.itemId);
        break;
      case 'speech-stopped':
        this.#callerPauses();
        break;
      case 'caller-words':
        this.#record.said('user', event.text.trim(), this.#times.spokeAtMs(event.itemId));
        break;
      case 'caller-words-failed':
        this.#faults.unwritten(event.why);
        break;
      case 'response-started':
        this.#responses.started(event.responseId);
        break;
      case 'audio':
        this.#say(event);
        break;
      case 'audio-done':
        this.#mouth.audioDone(event.itemId);
        break;
      case 'words':
        if (!this.#responses.isCancelled(event.responseId)) this.#mouth.words(event);
        break;
      case 'tool-called':
        if (!this.#ending.isBegun) this.#tools.call(event);
        break;
      case 'response-done':
        this.#responseDone(event);
        break;
      case 'error':
        this.#refused(event);
    }
  }

  #callerSpeaks(itemId: string): void {
    if (!this.#ending.isBegun) {
      const greeted = this.#greeting.isPrompt ? this.#greeting.heardText : '';
      this.#bargeIn.stop(this.#link.receivedAtMs); // Before anything is told.
      this.#readAhead.goOn();
      if (this.#greeting.isPrompt) this.#promptGreeted(greeted);
      this.#responses.callerSpeaks();
    }
    this.#times.callerSpeaks(itemId);
    this.#silence.heardCaller();
  }

  #callerPauses(): void {
    this.#responses.callerPaused();
    this.#times.callerPaused();
    this.#silence.restart();
  }

  #say(event: Of<'audio'>): void {
    if (this.#responses.isCancelled(event.responseId)) return;
    if (this.#session.queuedMs > maxQueuedMs) {
      this.#session.clear();
      this.#close('The provider says more than can be heard.');
      return;
    }
    this.#times.firstAudio();
    this.#mouth.say(event);
    this.#readAhead.changed();
  }

  /** An item is over: its words as far as they were heard. */
  #said(item: SpokenItem): void {
    this.#greeting.over();
    this.#record.said('assistant', item.heardWords, item.heardFromMs);
  }

  #responseDone({ responseId, usage, failure }: Of<'response-done'>): void {
    for (const [name, tokens] of Object.entries(usage)) this.#session.use(name, tokens);
    this.#session.use('responses', 1);
    const spoke = this.#mouth.isSpeaking;
    if (!spoke) this.#greeting.over();
    this.#mouth.responseDone(responseId);
    this.#responses.done(responseId);
    this.#silence.restart();
    this.#faults.responded(failure);
    const { callEnd } = this.#tools;
    if (this.#ending.isBegun) this.#farewellSaid();
    else if (callEnd) this.#end('bot', callEnd.why, spoke || !callEnd.hasFarewell ? '' : this.#config.farewell);
  }

  #toolsAnswered(): void {
    this.#responses.want();
    this.#silence.restart();
  }

  #refused(error: Of<'error'>): void {
    if (error.code === 'conversation_already_has_active_response') this.#responses.refusedAsBusy();
    // A response that was to be cancelled may be done in the meantime.
    else if (error.code !== 'response_cancel_not_active') this.#faults.refused(error);
  }

  /** Several keys in a row are one number. */
  #keysPressed(keys: string): void {
    if (this.#ending.isBegun) return;
    this.#record.tell({ role: 'user', text: `[The caller pressed: ${keys}]` });
    this.#responses.want();
  }

  /** The platform's greeting is over: heard, or talked into. */
  #promptGreeted(text: string): void {
    this.#greeting.over();
    if (text !== '' && this.#session.playedMs > 0) this.#record.saidByPlatform(text);
  }

  /** Says a text by the platform's voice; `heard` is called when it was, or could not be said. */
  async #prompt(text: string, heard?: () => void): Promise<void> {
    const samples = await this.#session.render({ text }).catch((error: unknown) => {
      this.#session.logger.warn({ err: error }, 'an agent could not have a text said');
      return undefined;
    });
    if (this.#session.isOver) return;
    if (samples) this.#session.say(samples);
    this.#silence.restart();
    if (heard) this.#mouth.onceHeard(heard);
  }

  /** The farewell is over when no other response is on its way. */
  #farewellSaid(): void {
    if (!this.#responses.isRunning) this.#ending.farewellSaid();
  }

  #tooLong(): void {
    if (this.#ending.isBegun) return;
    this.#bargeIn.stop();
    this.#readAhead.goOn();
    this.#end('timeout', 'The longest time is over.');
  }

  #end(by: 'bot' | 'timeout', why: string, farewell = this.#config.farewell): void {
    this.#silence.close();
    this.#tools.close();
    this.#ending.begin(by, why, farewell);
  }

  #close(why: string): void {
    this.#mouth.close();
    this.#session.close('error', this.#faults.hide(why));
  }
}
