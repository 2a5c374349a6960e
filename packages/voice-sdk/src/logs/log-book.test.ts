import { expect, it } from 'vitest';
import { type LogEntry, type LogSettings, SdkLog } from '../compat/sdk-log.js';
import { makePage, type Page, pass, settle } from '../testing/page-fixture.js';
import { LogBook } from './log-book.js';

const KEY = 'webrtc_sdk_logs';

async function makeBook(): Promise<Page & { book: LogBook; settings: LogSettings; write: (text: string) => void }> {
  const page = await makePage();
  const settings: LogSettings = { callback: undefined, console: false, numbers: false };
  const book = new LogBook(page.platform, settings);
  return { ...page, book, settings, write: (message) => book.write(entry({ at: page.clock.now(), message })) };
}

function entry(part: Partial<LogEntry>): LogEntry {
  return { at: 0, type: 'info', message: '', fields: {}, ...part };
}

function stored(page: Page): string[] {
  return JSON.parse(page.platform.profileStored.get(KEY) ?? '[]') as string[];
}

it('[SDK-D13] keeps the last 1000 lines, oldest first, and no more', async () => {
  const page = await makeBook();
  for (let line = 0; line < 2_500; line++) page.write(`line ${line}.`);
  const lines = page.book.text().split('\n');
  expect(lines).toHaveLength(1000);
  expect(lines[0]).toContain('line 1500.');
  expect(lines.at(-1)).toContain('line 2499.');
  await pass(page.clock, 2_000);
  expect(stored(page)).toEqual(lines);
});

it('[SDK-D13] writes to the browser in batches: many lines, one access', async () => {
  const page = await makeBook();
  let writes = 0;
  const set = page.platform.profileStored.set.bind(page.platform.profileStored);
  page.platform.profileStored.set = (key, value) => {
    writes += 1;
    return set(key, value);
  };
  for (let line = 0; line < 400; line++) page.write(`line ${line}`);
  expect(writes).toBe(0);
  await pass(page.clock, 2_000);
  expect(writes).toBe(1);
  expect(stored(page)).toHaveLength(400);
});

it.each(['pagehide', 'hidden'] as const)('writes what waits at %s', async (event) => {
  const page = await makeBook();
  page.write('the last words');
  page.platform.page(event);
  expect(stored(page).at(-1)).toMatch(/^\[2026-[^\]]+Z\] \[INFO\] the last words$/);
});

it('goes on where an earlier page load and another tab stopped, in the order of time', async () => {
  const page = await makeBook();
  const other = new LogBook(page.platform, page.settings);
  page.write('first');
  await pass(page.clock, 100);
  other.write(entry({ at: page.clock.now(), message: 'second' }));
  await pass(page.clock, 3_000);
  page.write('third');
  await pass(page.clock, 3_000);
  const afterReload = new LogBook(page.platform, page.settings);
  expect(
    afterReload
      .text()
      .split('\n')
      .map((line) => line.split(' ').at(-1)),
  ).toEqual(['first', 'second', 'third']);
});

it('[SDK-D13] a full or forbidden storage loses nothing that this page said, and throws nothing', async () => {
  const page = await makeBook();
  const full = () => {
    throw Object.assign(new Error('full'), { name: 'QuotaExceededError' });
  };
  page.platform.profileStored.set = full as never;
  for (let line = 0; line < 1_200; line++) page.write(`line ${line}.`);
  await pass(page.clock, 10_000);
  const lines = page.book.text().split('\n');
  expect(lines).toHaveLength(1000);
  expect(lines.at(-1)).toContain('line 1199.');
  Object.defineProperty(page.platform, 'profileStorage', { value: undefined });
  page.write('without storage');
  await pass(page.clock, 10_000);
  expect(page.book.text()).toContain('without storage');
});

it('keeps the newest lines where storage has little room', async () => {
  const page = await makeBook();
  const set = page.platform.profileStored.set.bind(page.platform.profileStored);
  page.platform.profileStored.set = (key, value) => {
    if (value.length > 20_000) throw new Error('full');
    return set(key, value);
  };
  for (let line = 0; line < 600; line++) page.write(`this is the line with the number ${line}.`);
  await pass(page.clock, 2_000);
  expect(stored(page)).toHaveLength(100);
  expect(stored(page).at(-1)).toContain('599.');
});

it('is not disturbed by what another script wrote under its name, nor by one line without an end', async () => {
  const page = await makePage();
  for (const strange of ['{', '"text"', '[1,null,"[a line]"]', '{"length":3}']) {
    page.platform.profileStored.set(KEY, strange);
    const book = new LogBook(page.platform, { callback: undefined, console: false, numbers: false });
    book.write(entry({ message: 'x'.repeat(100_000) }));
    const text = book.text();
    expect(text).toContain('xxx');
    expect(text.length).toBeLessThan(1_000);
  }
});

it("[SDK-D2] cleans the lines that Exotel's SDK left there: it stores the password", async () => {
  const page = await makePage();
  const account = JSON.stringify({ userName: '919876543210', secret: 's3cret', domain: 'a' });
  const sip = 'REGISTER sip:a SIP/2.0\r\nAuthorization: Digest username="u", response="abcdef"\r\nTo: <sip:b>';
  page.platform.profileStored.set(
    KEY,
    JSON.stringify([`[2026-01-01T00:00:00.000Z] [LOG] initialised with ${account}`, `x ${JSON.stringify(sip)}`]),
  );
  new LogBook(page.platform, { callback: undefined, console: false, numbers: false });
  const kept = stored(page).join('\n');
  expect(kept).not.toMatch(/s3cret|abcdef|919876543210/);
  expect(kept).toContain('initialised with');
  expect(kept).toContain('To: <sip:b>');
});

it('[SDK-D13] gives each line its true type, and the fields bound to a child', async () => {
  const page = await makePage();
  const log = new SdkLog(page.platform);
  const heard: unknown[] = [];
  log.settings.callback = (...line) => heard.push(line);
  log.debug({}, 'a');
  log.info({}, 'b');
  log.warn({ more: true }, 'c');
  log.child({ callId: '1' }).child({ leg: 2 }).error({}, 'd');
  await settle();
  expect(heard).toEqual([
    ['log', 'a', []],
    ['info', 'b', []],
    ['warn', 'c', [{ more: true }]],
    ['error', 'd', [{ callId: '1', leg: 2 }]],
  ]);
});

it("a page's logger that throws, or logs through us, does no harm", async () => {
  const page = await makeBook();
  let called = 0;
  page.settings.callback = () => {
    called += 1;
    page.write('said by the callback');
    throw new Error('page');
  };
  expect(() => page.write('x')).not.toThrow();
  page.write('y');
  expect(called).toBe(2);
  expect(page.book.text().match(/said by the callback/g)).toHaveLength(2);
});

it('without its part it keeps the messages alone, so that nothing secret can be among them', async () => {
  const page = await makePage();
  const { parts } = await import('../parts.js');
  const { logs } = parts;
  parts.logs = () => Promise.reject(new Error('404'));
  try {
    const log = new SdkLog(page.platform);
    log.info({ secret: 's3cret', number: '+919876543210' }, 'something happened');
    await log.download();
    const [file] = page.platform.savedFiles;
    expect(file?.text).toContain('something happened');
    expect(file?.text).toContain('the log cannot be written: Error: 404');
    expect(file?.text).not.toMatch(/s3cret|9876/);
  } finally {
    parts.logs = logs;
  }
});
