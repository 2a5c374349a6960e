import { expect, it } from 'vitest';
import { generationOf } from './generation.js';

const id = '0123456789abcdef0123456789abcdef';

it.each([
  ['', 'camel'],
  ['/', 'camel'],
  ['/app', 'camel'],
  ['/app?entity=app', 'camel'],
  ['/usermapping/a/b', 'camel'],
  ['/call/inbound_call/x', 'camel'],
  ['/nowhere', 'camel'],
  ['/App', 'camel'],
  [`/${id}`, 'snake'],
  [`/${id}?x=1`, 'snake'],
  ['/0f0f7a6e-5f0b-4c37-a7c5-8d0a3d1f6b11', 'snake'],
  ['/cust_1/apps/app_1/settings', 'snake'],
  ['/nobody/usage', 'snake'],
] as const)('%j speaks %s', (path, generation) => {
  expect(generationOf(`/v2/integrations${path}`)).toBe(generation);
});
