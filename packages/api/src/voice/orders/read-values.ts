import { ApiError } from '../../http/api-error.js';
import type { Parameters } from '../http/parameters.js';

// Readers of single parameters. Each throws 400 whose message names the parameter and says what it must be.

export function textOf(parameters: Parameters, name: string, maxLength: number): string | undefined {
  const value = parameters.text(name);
  if (value !== undefined && value.length > maxLength)
    throw ApiError.invalid(name, `"${name}" must be at most ${maxLength} characters; it has ${value.length}.`);
  return value;
}

/** A number or a user, without blanks around it. */
export function partyOf(parameters: Parameters, name: string): string | undefined {
  const value = textOf(parameters, name, 256);
  return value === undefined ? undefined : withPlus(value).trim();
}

/** In a form and in a query `+` means a blank. Who did not write `%2B` sent a number that begins with one. */
export function withPlus(value: string): string {
  return value.replace(/^ (?=[1-9]\d{10,14}$)/, '+');
}

export function integerOf(
  parameters: Parameters,
  name: string,
  { min, max, unit = '' }: { min: number; max: number; unit?: string },
): number | undefined {
  const value = parameters.text(name)?.trim();
  if (value === undefined) return undefined;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw ApiError.invalid(name, `"${name}" must be a whole number from ${min} to ${max}${unit && ` ${unit}`}.`);
}

export function wordOf<const Word extends string>(
  parameters: Parameters,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const value = parameters.text(name);
  return value === undefined ? undefined : oneWord(value, name, words);
}

export function oneWord<const Word extends string>(value: string, name: string, words: readonly Word[]): Word {
  const found = words.find((word) => word.toLowerCase() === value.trim().toLowerCase());
  if (found !== undefined) return found;
  throw ApiError.invalid(name, `"${name}" must be ${words.map((word) => `"${word}"`).join(' or ')}.`);
}

export function flagOf(parameters: Parameters, name: string): boolean {
  return wordOf(parameters, name, ['true', 'false']) === 'true';
}

/** `problemOf`: a sentence that says why the URL cannot be used. */
export function urlOf(
  parameters: Parameters,
  name: string,
  { maxLength = 2_048, problemOf }: { maxLength?: number; problemOf: (url: string) => string | undefined },
): string | undefined {
  const value = textOf(parameters, name, maxLength)?.trim();
  const problem = value === undefined ? undefined : problemOf(value);
  if (problem !== undefined) throw ApiError.invalid(name, `"${name}" cannot be used: ${problem}`);
  return value;
}
