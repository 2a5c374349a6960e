import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@intermix/testkit';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { BotTestError } from '../bot-test-error.js';
import { rules } from '../rules.js';
import { botTestScriptSchema, Expectation, readBotTestScript, stepSchemas } from './bot-test-script.js';

const hangUp = { step: 'hang_up' };

describe('a script', () => {
  it('has defaults for what it leaves out', () => {
    const script = readBotTestScript({
      steps: [
        { step: 'wait_for', what: 'silence' },
        { step: 'dtmf', digits: '1' },
      ],
    });
    expect(script).toMatchObject({ time_limit_ms: 120_000, start_delay_ms: 200, audible_dbfs: -50 });
    expect(script.steps).toEqual([
      { step: 'wait_for', what: 'silence', quiet_ms: 800, within_ms: 10_000 },
      { step: 'dtmf', digits: '1', every_ms: 300 },
    ]);
  });

  it.each([
    ['nothing', null, 'The script is no object.'],
    ['a list', [], 'The script is no object.'],
    ['no steps', {}, 'steps is missing.'],
    ['no step at all', { steps: [] }, /^steps must/],
    ['a field that there is not', { steps: [hangUp], colour: 'red' }, 'colour is not a field here.'],
    ['a rate that no stream has', { sample_rate: 44_100, steps: [hangUp] }, /^sample_rate must/],
    [
      'a step of a kind that there is not',
      { steps: [hangUp, { step: 'sing' }] },
      /^steps\.1\.step must be one of say, tone/,
    ],
    ['a step that is none', { steps: ['say'] }, /^steps\.0\.step must be one of/],
    ['a step without what it needs', { steps: [{ step: 'tone', hz: 440 }] }, 'steps.0.ms is missing.'],
    [
      'a step with too much',
      { steps: [{ step: 'silence', ms: 100, loud: true }] },
      'steps.0.loud is not a field here.',
    ],
    ['digits that no key has', { steps: [{ step: 'dtmf', digits: '1x' }] }, /^steps\.0\.digits must/],
    [
      'an expectation that there is not',
      { steps: [{ step: 'silence', ms: 20, expect: { joy: 1 } }] },
      /steps\.0\.expect\.joy/,
    ],
    ['a barge-in without a sound', { steps: [{ step: 'barge_in' }] }, 'steps.0 needs file, or tone_hz and tone_ms.'],
    ['a barge-in with two', { steps: [{ step: 'barge_in', file: 'a.wav', tone_hz: 440 }] }, /^steps\.0 needs file, or/],
  ])('is refused with %s, and the place is named', (_, value, message) => {
    const read = () => readBotTestScript(value);
    expect(read).toThrow(BotTestError);
    expect(read).toThrow(message);
  });
});

describe('docs/guide/testing-bots.md', () => {
  const guide = readFileSync(join(repositoryRoot(), 'docs/guide/testing-bots.md'), 'utf8');

  it('has a script that can be copied', () => {
    const scripts = [...guide.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => JSON.parse(text));
    expect(scripts).toHaveLength(1);
    const schema = JSON.parse(JSON.stringify(botTestScriptSchema)); // As an editor has it.
    expect(Compile(schema).Check(scripts[0])).toBe(true);
    expect(Compile(schema).Check({ steps: [{ step: 'silence' }] })).toBe(false);
    const words = readBotTestScript(scripts[0]).steps.map(({ step }) => step);
    expect(new Set(words)).toEqual(new Set(['wait_for', 'say', 'barge_in', 'dtmf', 'silence', 'hang_up']));
  });

  it('has every rule beside its severity, every step and every expectation', () => {
    const rows = [...guide.matchAll(/^\| (`.*) \| ([\w, ]+) \|$/gm)].flatMap(([, names = '', severities = '']) => {
      const words = [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
      return words.map((name, index) => [name, severities.split(', ')[index] ?? severities.split(', ')[0]] as const);
    });
    expect(Object.fromEntries(rows)).toMatchObject(
      Object.fromEntries(Object.entries(rules).map(([name, { severity }]) => [name, severity])),
    );
    for (const word of [...Object.keys(stepSchemas), ...Object.keys(Expectation.properties)])
      expect(guide).toContain(`\`${word}\``);
  });
});
