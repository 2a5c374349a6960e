import { describe, expect, it } from 'vitest';
import { barOf, type CheckName, checkNames, type Finding, findingOf, verdictOf } from './checks.js';

const candidate = 'candidate:1 1 udp 2122260223 192.0.2.7 51820 typ host';

describe('findingOf', () => {
  it('shows address and port of a candidate', () => {
    expect(findingOf('udp', 'connected', candidate)).toEqual({ result: 'good', text: '192.0.2.7 port 51820' });
  });

  it.each(['udp', 'host', 'relay', 'wss'])('calls it a problem when %s gives nothing, and says what helps', (key) => {
    const finding = findingOf(key, 'disconnected', '');
    expect(finding?.result).toBe('bad');
    expect(finding?.cure).toMatch(/\.$/);
  });

  it.each(['tcp', 'ipv6', 'srflx'])('calls it no problem when %s gives nothing: calls work without', (key) => {
    expect(findingOf(key, 'disconnected', '')?.result).toBe('note');
  });

  it('tells a relay that refuses us from one that cannot be reached', () => {
    const answer = '401 Unauthorized (turn:turn.example:3478?transport=udp)';
    expect(findingOf('relay', 'disconnected', answer)).toMatchObject({ result: 'bad', text: answer });
    expect(findingOf('relay', 'disconnected', answer)?.cure).toContain('INTERMIX_TURN_SECRET');
    expect(findingOf('relay', 'disconnected', '701 timed out (turn:…)')?.text).toBe('Not reachable');
  });

  it('waits for a registration that was asked for, and complains of one that is not there', () => {
    expect(findingOf('userReg', 'sent_request', 'asha')?.result).toBe('waiting');
    expect(findingOf('userReg', 'registered', 'asha')).toEqual({ result: 'good', text: 'asha' });
    expect(findingOf('userReg', 'unregistered', 'asha')?.cure).toBeDefined();
  });

  it('has a row for each check, and none for a key that it does not know', () => {
    for (const name of Object.keys(checkNames) as CheckName[]) {
      expect(findingOf(name, 'waiting', '')).toEqual({ result: 'waiting', text: 'Looking…' });
    }
    expect(findingOf('micInfo', 'Built-in', 'micInfo')).toBeUndefined();
  });
});

it('sums up: only problems count', () => {
  const note: Finding = { result: 'note', text: '' };
  const bad: Finding = { result: 'bad', text: '' };
  expect(verdictOf([note, { result: 'good', text: '' }]).result).toBe('good');
  expect(verdictOf([note, bad]).text).toBe('One thing needs attention.');
  expect(verdictOf([bad, bad])).toEqual({ result: 'bad', text: '2 things need attention.' });
});

it('draws a steady tone, which fills few bins of the spectrum, as a bar that is seen to move', () => {
  expect(barOf(0)).toBe(0);
  expect(barOf(2)).toBeGreaterThan(0.1);
  expect(barOf(40)).toBeCloseTo(0.67, 1);
  expect(barOf(255)).toBe(1);
});
