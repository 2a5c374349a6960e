import { expect, it } from 'vitest';
import { redact, SdkLog } from './sdk-log.js';

it('[SDK-D13] keeps the last 1000 lines, oldest first, and no more', () => {
  const log = new SdkLog();
  for (let line = 0; line < 2_500; line++) log.info({}, `line ${line}.`);
  const lines = log.text().split('\n');
  expect(lines).toHaveLength(1000);
  expect(lines[0]).toContain('line 1500.');
  expect(lines.at(-1)).toContain('line 2499.');
});

it('[SDK-D13] gives each line its level', () => {
  const log = new SdkLog();
  const types: string[] = [];
  log.callback = (type) => types.push(type);
  log.debug({}, 'a');
  log.info({}, 'b');
  log.warn({}, 'c');
  log.child({ callId: '1' }).error({}, 'd');
  expect(types).toEqual(['log', 'info', 'warn', 'error']);
});

it('[SDK-D2] blots out secrets by name, in nested fields and in SIP text', () => {
  const sip = 'REGISTER sip:a SIP/2.0\r\nAuthorization: Digest username="u", response="abc"\r\nTo: <sip:b>';
  const clean = JSON.stringify(
    redact({ secret: 's3', account: { sip_password: 's3', list: [{ accessToken: 's3' }] }, sip }),
  );
  expect(clean).not.toMatch(/s3|abc/);
  expect(clean).toContain('To: <sip:b>');
});

it("a page's logger that throws does not reach the caller", () => {
  const log = new SdkLog();
  log.callback = () => {
    throw new Error('page');
  };
  expect(() => log.info({}, 'x')).not.toThrow();
});
