import { eventually, type RunningServer, SipPhone } from '@intermix/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { IntegrationsApi, type TestApp } from '../../support/integrations.js';
import { decryptSipSecret } from '../../support/sip-secret.js';
import { SnakeApp } from '../../support/snake.js';

const patience = 10_000;

export const generations = (theServer: () => RunningServer) =>
  describe('what one generation writes, the other reads', () => {
    let server: RunningServer;
    let api: IntegrationsApi;
    let app: TestApp;
    let snake: SnakeApp;

    beforeAll(async () => {
      server = theServer();
      api = new IntegrationsApi(server);
      const customer = await api.newCustomer();
      app = await api.newApp(customer);
      snake = new SnakeApp(api, customer.id, app);
    });

    const camel = (method: string, path: string, body?: unknown): Promise<any> =>
      api.data(method, path, { token: app.token, ...(body === undefined ? {} : { body }) });

    const camelSettings = async (): Promise<Record<string, string>> =>
      Object.fromEntries((await camel('GET', '/app_setting')).map(({ Key, Value }: any) => [Key, Value]));

    it('settings, both ways, and each keeps what the other alone has', async () => {
      await camel('POST', '/app_setting', { Key: 'popup', Value: 'https://a.example/popup' });
      await camel('POST', '/app_setting', { Key: 'incomingCallHangup', Value: 'https://a.example/hangup' });
      await camel('POST', '/app_setting', { Key: 'streaming', Value: 'wss://a.example/audio' });
      await camel('POST', '/app_setting', { Key: 'own', Value: 'kept' });
      expect((await snake.data('GET', '/settings')).settings).toMatchObject({
        popup_url: 'https://a.example/popup',
        missed_call_url: null,
        recording_enabled: false,
        streaming_enabled: true,
        streaming_url: 'wss://a.example/audio',
      });
      const written = {
        missed_call_url: 'https://b.example/missed',
        callback_url: 'https://b.example/callback',
        recording_enabled: true,
        streaming_enabled: false,
        notification_format: 'camel_case',
      };
      expect((await snake.data('PUT', '/settings', written)).settings).toMatchObject({
        ...written,
        popup_url: 'https://a.example/popup',
      });
      expect(await camelSettings()).toEqual({
        popup: 'https://a.example/popup',
        incomingCallHangup: 'https://a.example/hangup',
        missedCall: 'https://b.example/missed',
        callback: 'https://b.example/callback',
        record: 'true',
        notificationFormat: 'camel',
        own: 'kept',
      });
      await snake.data('PUT', '/settings', { popup_url: null, recording_enabled: null, notification_format: null });
      expect(await camelSettings()).toEqual({
        incomingCallHangup: 'https://a.example/hangup',
        missedCall: 'https://b.example/missed',
        callback: 'https://b.example/callback',
        own: 'kept',
      });
      await api.data('DELETE', '/app_setting?key=missedCall', { token: app.token });
      await camel('PUT', '/app_setting', { Key: 'notificationFormat', Value: 'snake' });
      expect((await snake.data('GET', '/settings')).settings).toMatchObject({
        missed_call_url: null,
        notification_format: 'snake_case',
      });
    });

    it('settings: the time of the first write stays, that of the last moves', async () => {
      const before = (await snake.data('GET', '/settings')).settings;
      await snake.data('PUT', '/settings', { callback_url: 'https://c.example' });
      const after = (await snake.data('GET', '/settings')).settings;
      expect(after.created_at).toBe(before.created_at);
      expect(after.updated_at > before.updated_at).toBe(true);
    });

    it('users and devices, both ways', async () => {
      const [exophone = '', otherExophone = ''] = server.bootstrap.exophones;
      const [ashwini] = await camel('POST', '/usermapping', [api.user('ashwini')]);
      expect(await snake.data('GET', '/users/ashwini')).toMatchObject({
        name: 'Ashwini Sharma',
        phone: '+919876543210',
        virtual_number: exophone,
        sip_credentials: { username: ashwini.SipId.replace('sip:', '') },
        device_status: { phone: false, sip: true },
        status: 'active',
      });
      const john = await snake.data('POST', '/users', { user_id: 'john', name: 'John', phone: '098765 43211' });
      expect(john.phone).toBe('+919876543211');
      const read = await camel('GET', '/usermapping?user_id=john');
      expect(read).toMatchObject({
        AppUsername: 'John',
        AgentNumber: '+919876543211',
        VirtualNumber: '',
        SipId: `sip:${john.sip_credentials.username}`,
        ActiveDeviceId: read.SipDeviceID,
      });
      expect(decryptSipSecret(read.SipSecret)).toBe(john.sip_credentials.password);

      await camel('PUT', '/device', { UserId: 'ashwini', DeviceName: 'phone', DeviceStatus: true });
      expect((await snake.data('GET', '/users/ashwini/devices')).devices.phone.enabled).toBe(true);
      await snake.data('PUT', '/users/ashwini/devices', { sip: false });
      const after = await camel('GET', '/usermapping?user_id=ashwini');
      expect(after.ActiveDeviceId).toBe(after.PhoneDeviceID);
      await camel('PUT', '/usermapping', { AppUserId: 'john', VirtualNumber: otherExophone });
      expect((await snake.data('GET', '/users/john')).virtual_number).toBe(otherExophone);
      for (const method of ['PUT', 'PATCH'])
        expect(await snake.data(method, '/users/john', { name: `John ${method}`, virtual_number: null })).toMatchObject(
          {
            ...{ name: `John ${method}`, phone: '+919876543211', virtual_number: null },
          },
        );

      const page = await snake.data('GET', '/users?limit=1&offset=1');
      expect(page).toMatchObject({ total: 2, limit: 1, offset: 1, users: [{ user_id: 'john' }] });
      expect(JSON.stringify(page)).not.toContain('password');
      await camel('DELETE', '/users', ['john']);
      expect((await snake.ask('GET', '/users/john')).status).toBe(404);
      expect((await snake.ask('DELETE', '/users/ashwini')).status).toBe(200);
      expect(await camel('GET', '/usermapping')).toEqual({ Users: [], NextKey: '', Total: 0 });
    });

    it('a user whose SIP devices are off is made with its telephone alone', async () => {
      const user = { user_id: 'line', name: 'Line', phone: '+919876543212', sip_enabled: false };
      expect(await snake.data('POST', '/users', user)).toMatchObject({ sip_enabled: false });
      expect((await snake.data('GET', '/users/line')).device_status).toEqual({ phone: true, sip: false });
      await snake.ask('DELETE', '/users/line');
    });

    it('a user’s telephone that is on keeps its number', async () => {
      await snake.data('POST', '/users', { user_id: 'kept', name: 'Kept', phone: '+919876543213' });
      const refused = await snake.ask('PATCH', '/users/kept', { body: { phone: null, name: 'Changed' } });
      expect(refused.status).toBe(400);
      expect(refused.body.error.message).toBe(
        '"phone": the user’s telephone is on; switch it off before its number is taken away.',
      );
      expect(await snake.data('GET', '/users/kept')).toMatchObject({ name: 'Kept', phone: '+919876543213' });
      await snake.data('PUT', '/users/kept/devices', { phone: false });
      expect((await snake.data('PATCH', '/users/kept', { phone: null })).phone).toBeNull();
      const off = await snake.ask('PUT', '/users/kept/devices', { body: { phone: true } });
      expect([off.status, off.body.error.message]).toEqual([400, expect.stringContaining('"phone"')]);
      await snake.ask('DELETE', '/users/kept');
    });

    it('a user registers at once with what its making told; what is registered is told truthfully', async () => {
      const made = await snake.data('POST', '/users', { user_id: 'agent+1@x', name: 'Agent' });
      const { username, password, domain } = made.sip_credentials;
      const path = `/users/${encodeURIComponent('agent+1@x')}/devices`;
      const sip = async () => (await snake.data('GET', path)).devices.sip;
      expect(await sip()).toMatchObject({ registered: false, last_seen: null });
      const phone = await SipPhone.start({
        ...{ server: server.sip, user: username, domain },
        credentials: { username, password },
      });
      const before = Date.now();
      expect((await phone.register()).status).toBe(200);
      const seen = await eventually(async () => ((await sip()).registered ? sip() : undefined), {
        timeoutMs: patience,
      });
      expect(Date.parse(seen.last_seen)).toBeGreaterThanOrEqual(before - 1_000);
      expect(Date.parse(seen.last_seen)).toBeLessThanOrEqual(Date.now());
      await phone.stop();
      const again = await SipPhone.start({
        ...{ server: server.sip, user: username, domain },
        credentials: { username, password },
      });
      expect((await again.register()).status).toBe(200);
      expect((await snake.ask('DELETE', `/users/${encodeURIComponent('agent+1@x')}`)).status).toBe(200);
      expect([401, 403, 404]).toContain((await again.register()).status);
      await again.stop();
    });

    it('the directory keeps entries by number, page by page', async () => {
      const entries = ['+911130000001', '011 3000 0002', '+911130000003'].map((number, n) => ({
        number,
        name: `Caller ${n}`,
        custom_field: n === 1 ? null : `id ${n}`,
      }));
      expect(await snake.data('PUT', '/contacts', entries)).toEqual({ written: 3 });
      expect(await snake.data('PUT', '/contacts', { number: '+911130000002', name: 'Renamed' })).toEqual({
        written: 1,
      });
      const first = await snake.data('GET', '/contacts?limit=2');
      expect(first.contacts).toEqual([
        { number: '+911130000001', name: 'Caller 0', custom_field: 'id 0', updated_at: expect.any(String) },
        { number: '+911130000002', name: 'Renamed', custom_field: null, updated_at: expect.any(String) },
      ]);
      const rest = await snake.data('GET', `/contacts?limit=2&cursor=${first.next_cursor}`);
      expect([rest.contacts.map(({ name }: any) => name), rest.next_cursor]).toEqual([['Caller 2'], null]);
      expect((await snake.data('GET', '/contacts/+911130000003')).name).toBe('Caller 2');
      expect((await snake.ask('DELETE', '/contacts/01130000003')).body).toEqual({
        success: true,
        message: 'Contact deleted successfully',
      });
      expect((await snake.ask('GET', '/contacts/+911130000003')).status).toBe(404);
    });
  });
