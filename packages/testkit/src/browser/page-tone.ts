import type { Page } from 'playwright-core';
import { eventually } from '../eventually.js';
import { measureTone } from './page-hooks.js';

/**
 * Which sound of the page: by default the newest audio track that an open RTCPeerConnection receives; `selector`: what this
 * media element plays; `expression`: JavaScript that gives a MediaStream.
 */
export interface ToneSource {
  selector?: string;
  expression?: string;
}

export interface HeardInPage {
  /** Loudest frequency, to the width of a bin (6 Hz at 48 kHz). */
  hz: number;
  /** Below full scale. */
  levelDb: number;
}

export interface PageToneOptions extends ToneSource {
  timeoutMs?: number;
  /** Default 15. */
  toleranceHz?: number;
}

/** What the page hears at this moment; undefined when it is silent (below -60 dB) or there is no such stream yet. */
export function pageTone(page: Page, source: ToneSource = {}): Promise<HeardInPage | undefined> {
  const { selector, expression } = source;
  return page.evaluate(measureTone, {
    ...(selector !== undefined && { selector }),
    ...(expression !== undefined && { expression }),
  });
}

/** Waits until the page hears the tone. Rejects at the deadline with what it heard instead. */
export async function expectPageTone(page: Page, hz: number, options: PageToneOptions = {}): Promise<HeardInPage> {
  const { timeoutMs = 10_000, toleranceHz = 15, ...source } = options;
  let heard: HeardInPage | undefined;
  const look = async () => {
    heard = await pageTone(page, source);
    return heard && Math.abs(heard.hz - hz) <= toleranceHz ? heard : undefined;
  };
  try {
    return await eventually(look, { timeoutMs, everyMs: 30, message: `${hz} Hz in the page` });
  } catch (cause) {
    const instead = heard ? `${Math.round(heard.hz)} Hz at ${Math.round(heard.levelDb)} dB` : 'nothing';
    throw new Error(`the page heard ${instead}, not ${hz} Hz, within ${timeoutMs} ms`, { cause });
  }
}
