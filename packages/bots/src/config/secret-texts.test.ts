import { expect, it } from 'vitest';
import { maskSecrets, unmaskSecrets } from './secret-texts.js';

const keys = ['api_key', 'headers'];
const config = {
  api_key: 'planted-1',
  url: 'wss://u:planted-2@bot.example/x',
  tools: [
    { name: 'a', headers: { authorization: 'planted-3' } },
    { name: 'b', headers: { authorization: 'planted-4' } },
  ],
  empty: { api_key: '' },
};

it('shows no secret, at any depth', () => {
  const shown = maskSecrets(config, keys);
  expect(JSON.stringify(shown)).not.toContain('planted');
  expect(shown).toMatchObject({ api_key: '********', url: 'wss://u:********@bot.example/x', empty: { api_key: '' } });
});

it('keeps what was there when what was shown is written back, in another order too', () => {
  const shown = maskSecrets(config, keys) as typeof config;
  expect(unmaskSecrets(shown, config)).toEqual(config);
  const turned = { ...shown, tools: [...shown.tools].reverse() };
  expect(unmaskSecrets(turned, config)).toEqual({ ...config, tools: [...config.tools].reverse() });
  expect(unmaskSecrets({ ...shown, api_key: 'new' }, config)).toEqual({ ...config, api_key: 'new' });
});

it.each([
  ['a secret that never was', { other: '********' }, 'other'],
  [
    'a tool that is new',
    { tools: [{ name: 'c', headers: { authorization: '********' } }] },
    'tools.0.headers.authorization',
  ],
  ['the password of another host', { url: 'wss://u:********@evil.example/x' }, 'url'],
  ['the password of another user', { url: 'wss://v:********@bot.example/x' }, 'url'],
])('refuses %s', (_, wanted, path) => {
  expect(() => unmaskSecrets(wanted, config)).toThrow(expect.objectContaining({ code: 'ERR_BOT_CONFIG', path }));
});
