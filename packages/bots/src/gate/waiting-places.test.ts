import { expect, it } from 'vitest';
import { WaitingPlaces } from './waiting-places.js';

it('leaves half of the places to others, and takes each back', () => {
  const places = new WaitingPlaces();
  const taken = (source: string) => Array.from({ length: 300 }, () => places.enter(source)).filter(Boolean).length;
  expect([taken('a'), taken('b'), taken('c')]).toEqual([200, 200, 0]);
  places.leave('a');
  expect([places.enter('b'), places.enter('c'), places.enter('c')]).toEqual([false, true, false]);
  for (let index = 0; index < 199; index++) places.leave('a');
  expect(taken('c')).toBe(199);
});
