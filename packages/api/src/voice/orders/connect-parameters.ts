import type { RecordingWish } from '@intermix/calls';
import type { StatusCallback } from '@intermix/webhooks';
import { ApiError } from '../../http/api-error.js';
import type { Parameters } from '../http/parameters.js';
import type { OrderedStream } from '../ports.js';
import { flagOf, integerOf, oneWord, partyOf, textOf, urlOf, wordOf } from './read-values.js';

/** What `Calls/connect` was asked for, each value checked for itself. Times in seconds. */
export interface ConnectParameters {
  mode: 'numbers' | 'flow' | 'bot';
  from: string;
  to: string | undefined;
  callerId: string;
  flowUrl: string | undefined;
  stream: OrderedStream | undefined;
  timeLimitSec: number | undefined;
  ringTimeoutSec: number | undefined;
  waitUrl: string | undefined;
  playback: { url: string; to: 'callee' | 'both' } | undefined;
  recording: RecordingWish | undefined;
  customField: string | undefined;
  maxRetries: number;
  statusCallback: StatusCallback | undefined;
}

/** Why a URL cannot be used, as a sentence; undefined when it can. */
export interface UrlRules {
  url: (url: string) => string | undefined;
  stream: (url: string) => string | undefined;
}

const longestTalkSec = 14_400;
const ringSec = { min: 5, max: 60 };
const mostRetries = 3;
/** Query included. */
const maxStreamUrlLength = 599;

/** Reads the parameters of an order. Throws 400 naming one that is wrong; those that are not known are passed over. */
export function connectParameters(parameters: Parameters, rules: UrlRules): ConnectParameters {
  const from = required(parameters, 'From');
  const callerId = required(parameters, 'CallerId');
  const mode = modeOf(parameters);
  wordOf(parameters, 'CallType', ['trans']);
  return {
    ...{ mode, from, callerId, to: partyOf(parameters, 'To') },
    flowUrl: textOf(parameters, 'Url', 2_048)?.trim(),
    stream: streamOf(parameters, rules),
    timeLimitSec: integerOf(parameters, 'TimeLimit', { min: 1, max: longestTalkSec, unit: 'seconds' }),
    ringTimeoutSec: integerOf(parameters, 'TimeOut', { ...ringSec, unit: 'seconds' }),
    waitUrl: urlOf(parameters, 'WaitUrl', { problemOf: rules.url }),
    playback: playbackOf(parameters, rules),
    recording: recordingOf(parameters),
    customField: customFieldOf(parameters),
    maxRetries: integerOf(parameters, 'MaxRetries', { min: 0, max: mostRetries }) ?? 0,
    statusCallback: statusCallbackOf(parameters, rules),
  };
}

function required(parameters: Parameters, name: string): string {
  const value = partyOf(parameters, name);
  if (value === undefined) throw ApiError.invalid(name, `"${name}" is missing.`);
  return value;
}

/** The modes have no parameter of their own: what is there says which is meant, and what must not stand beside it. */
function modeOf(parameters: Parameters): ConnectParameters['mode'] {
  if (parameters.has('Url')) {
    refuseBeside(parameters, ['To', 'StreamUrl', 'StreamType'], '"Url", which gives the call to a flow');
    return 'flow';
  }
  const streamType = wordOf(parameters, 'StreamType', ['bidirectional', 'unidirectional']);
  if (streamType === 'bidirectional') {
    if (!parameters.has('StreamUrl'))
      throw ApiError.invalid('StreamUrl', '"StreamUrl" is missing: "StreamType" says that there is one.');
    refuseBeside(parameters, ['To'], '"StreamType=bidirectional", which gives the call to a bot');
    return 'bot';
  }
  if (parameters.has('To')) return 'numbers';
  if (parameters.has('StreamUrl') && streamType === undefined)
    throw ApiError.invalid('StreamType', '"StreamType" is missing: send "bidirectional" to give the call to a bot.');
  const choices = '"To" connects two numbers, "Url" a flow, "StreamUrl" with "StreamType=bidirectional" a bot';
  throw ApiError.invalid('To', `"To" is missing: ${choices}.`);
}

function refuseBeside(parameters: Parameters, names: readonly string[], what: string): void {
  const name = names.find((one) => parameters.has(one));
  if (name !== undefined) throw ApiError.invalid(name, `"${name}" must not be sent with ${what}.`);
}

function streamOf(parameters: Parameters, rules: UrlRules): OrderedStream | undefined {
  const url = urlOf(parameters, 'StreamUrl', { maxLength: maxStreamUrlLength, problemOf: rules.stream });
  const name = textOf(parameters, 'StreamName', 32);
  const begin = wordOf(parameters, 'StreamBegin', ['at Leg1Connect', 'at Leg2Connect']);
  return url === undefined ? undefined : { url, name, begin: begin === 'at Leg1Connect' ? 'leg1' : 'leg2' };
}

function playbackOf(parameters: Parameters, rules: UrlRules): ConnectParameters['playback'] {
  const to = wordOf(parameters, 'StartPlaybackToNew', ['Callee', 'Both']);
  const url = urlOf(parameters, 'StartPlaybackValueNew', { problemOf: rules.url });
  if (url !== undefined) return { url, to: to === 'Both' ? 'both' : 'callee' };
  if (to === undefined) return undefined;
  throw ApiError.invalid('StartPlaybackValueNew', '"StartPlaybackValueNew" is missing: it is the URL of the audio.');
}

function recordingOf(parameters: Parameters): RecordingWish | undefined {
  const channels = wordOf(parameters, 'RecordingChannels', ['single', 'dual']) ?? 'single';
  const format = wordOf(parameters, 'RecordingFormat', ['mp3', 'mp3-hq', 'wav']) ?? 'mp3';
  return flagOf(parameters, 'Record') ? { channels, format } : undefined;
}

function customFieldOf(parameters: Parameters): string | undefined {
  const value = textOf(parameters, 'CustomField', 128);
  if (value !== undefined && /\p{Cc}/u.test(value))
    throw ApiError.invalid('CustomField', '"CustomField" must be printable characters, at most 128.');
  return value;
}

const callbackEvents = ['terminal', 'answered', 'ringing'] as const;
const callbackForms = ['multipart/form-data', 'application/json'] as const;

function statusCallbackOf(parameters: Parameters, rules: UrlRules): StatusCallback | undefined {
  const url = urlOf(parameters, 'StatusCallback', { problemOf: rules.url });
  const name = 'StatusCallbackEvents';
  const words = parameters.list(name).flatMap((value) => value.split(','));
  const events = [...new Set(words.map((word) => oneWord(word, name, callbackEvents)))];
  const contentType = wordOf(parameters, 'StatusCallbackContentType', callbackForms) ?? 'multipart/form-data';
  return url === undefined ? undefined : { url, events, contentType };
}
