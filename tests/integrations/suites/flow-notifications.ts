import type { RunningServer } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CustomerServer } from '../../support/customer-server.js';
import { IntegrationsApi, type TestApp } from '../../support/integrations.js';

const query =
  'CallSid=abc123&CallFrom=09876543210&CallTo=08047100000&Direction=incoming&DialCallDuration=7&CustomField=order-42';

export const flowNotifications = (theServer: () => RunningServer) =>
  describe('a flow elsewhere tells of its call, without a token', () => {
    let server: RunningServer;
    let api: IntegrationsApi;
    let app: TestApp;
    let receiver: CustomerServer;

    beforeAll(async () => {
      receiver = await CustomerServer.start();
      server = theServer();
      api = new IntegrationsApi(server);
      app = await api.newApp(await api.newCustomer());
    });
    afterAll(async () => {
      await receiver?.stop();
    });

    it.each([
      ['popup', 'popup', { CallStatus: 'busy', CallState: 'active' }],
      ['incomingcallhungup', 'incomingCallHangup', { CallStatus: 'free', CallState: 'terminal' }],
      ['missedcall', 'missedCall', { CallStatus: 'free', CallState: 'terminal' }],
    ])('%s goes to the URL of %s, in the body of this generation', async (type, Key, state) => {
      const Value = `${receiver.url}/${Key}`;
      await api.data('POST', '/app_setting', { token: app.token, body: { Key, Value } });
      const before = receiver.posts.length;
      expect(await api.data('GET', `/call/inbound_call/${app.id}?type=${type}&${query}`)).toBe('Success');
      const post = (await receiver.expect(before + 1)).at(-1);
      expect(post?.path).toBe(`/${Key}`);
      expect(post?.body).toMatchObject({
        AppId: app.id,
        CallSid: 'abc123',
        CustomField: 'order-42',
        ExotelAccountSid: server.bootstrap.account.sid,
        FromNumber: '09876543210',
        ToNumber: '08047100000',
        ...state,
      });
    });

    it('is answered alike where nothing is set, and 404 for an app that there is not', async () => {
      const other = await api.newApp(await api.newCustomer());
      expect(await api.data('GET', `/call/inbound_call/${other.id}?type=popup&${query}`)).toBe('Success');
      expect((await api.ask('GET', `/call/inbound_call/nobody?type=popup&${query}`)).status).toBe(404);
    });
  });
