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
/** An agent as its kind reads it: a key of its own, and tools with theirs. */
const agent = {
  ...{
    url: 'wss://model.example/v1/realtime?model=m',
    api_key: 'planted-key',
    headers: { referer: 'https://us.example' },
  },
  tools: [{ name: 'crm', url: 'https://crm.example/find', secret_headers: { authorization: 'planted-tool' } }],
};
const agentKeys = ['api_key', 'secret_headers'];

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
  ['the parameter of another host', { url: 'wss://u:planted-2@evil.example/x?token=********' }, 'url'],
  ['a parameter that never was', { url: 'wss://u:planted-2@bot.example/x?token=********' }, 'url'],
  ['the password over another scheme', { url: 'ws://u:********@bot.example/x' }, 'url'],
  ['the password of another host', { url: 'wss://u:********@evil.example/x' }, 'url'],
  ['the password of another user', { url: 'wss://v:********@bot.example/x' }, 'url'],
])('refuses %s', (_, wanted, path) => {
  expect(() => unmaskSecrets(wanted, config)).toThrow(expect.objectContaining({ code: 'ERR_BOT_CONFIG', path }));
});

it.each([
  ['the model', { url: 'wss://evil.example/v1/realtime' }, 'api_key', 'url'],
  ['the model, without encryption', { url: 'ws://model.example/v1/realtime' }, 'api_key', 'url'],
  ['the model, on another port', { url: 'wss://model.example:4433/v1/realtime' }, 'api_key', 'url'],
  ['the model, written so that only some see it', { url: 'wss:\\\\evil.example' }, 'api_key', 'url'],
  ['what goes along with a request', { headers: { referer: 'https://evil.example' } }, 'api_key', 'headers.referer'],
  [
    'a tool',
    { tools: [{ ...agent.tools[0], url: 'https://evil.example/find', secret_headers: { authorization: '********' } }] },
    'tools.0.secret_headers.authorization',
    'tools.0.url',
  ],
])('does not have a secret sent along when %s leads elsewhere', (_, change, path, moved) => {
  const shown = maskSecrets(agent, agentKeys) as typeof agent;
  expect(() => unmaskSecrets({ ...shown, ...change }, agent)).toThrow(
    expect.objectContaining({
      code: 'ERR_BOT_CONFIG',
      path,
      message: expect.stringContaining(moved.split('.').at(-1) ?? ''),
    }),
  );
});

it('keeps secrets when only the path changes, and takes another server with secrets that are given', () => {
  const shown = maskSecrets(agent, agentKeys) as typeof agent;
  const url = 'wss://MODEL.example:443/v2?model=n';
  expect(unmaskSecrets({ ...shown, url }, agent)).toEqual({ ...agent, url });
  const moved = { ...agent, url: 'wss://other.example', api_key: 'new' };
  expect(unmaskSecrets(moved, agent)).toEqual(moved);
  expect(unmaskSecrets({ ...moved, tools: shown.tools }, agent)).toEqual(moved);
  const tool = { ...agent.tools[0], url: 'https://other.example', secret_headers: { authorization: 'new' } };
  expect(unmaskSecrets({ ...shown, tools: [tool] }, agent)).toEqual({ ...agent, tools: [tool] });
});

it('shows no secret that stands in the query of a URL, and keeps it', () => {
  const before = {
    url: 'wss://bot.example/exotel/b?token=planted-t&model=m&X-Amz-Signature=planted-s',
    monkey: 'a?key',
  };
  const shown = maskSecrets(before, []) as typeof before;
  expect(shown).toEqual({
    ...before,
    url: 'wss://bot.example/exotel/b?token=********&model=m&X-Amz-Signature=********',
  });
  expect(unmaskSecrets(shown, before)).toEqual(before);
  expect(unmaskSecrets({ ...shown, url: shown.url.replace('model=m', 'model=n') }, before)).toEqual({
    ...before,
    url: before.url.replace('model=m', 'model=n'),
  });
});

it('shows no text of a configuration whose secrets nobody knows', () => {
  expect(maskSecrets({ a: 'planted', b: [{ c: ['planted'] }, 'planted'], d: 5, e: true, f: null }, 'every')).toEqual({
    ...{ a: '********', b: [{ c: ['********'] }, '********'], d: 5, e: true, f: null },
  });
});
