import { eventually, type RunningServer, SipPhone } from '@intermix/testkit';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../../support/admin.js';
import { IntegrationsApi, type TestApp } from '../../support/integrations.js';
import { decryptSipSecret } from '../../support/sip-secret.js';

const patience = 10_000;

export const usersAndCalls = (theServer: () => RunningServer) =>
  describe('mapped users', () => {
    let server: RunningServer;
    let api: IntegrationsApi;
    let admin: AdminApi;
    let app: TestApp;
    const phones: SipPhone[] = [];

    beforeAll(async () => {
      server = theServer();
      api = new IntegrationsApi(server);
      admin = new AdminApi(server);
      app = await api.newApp(await api.newCustomer());
    });
    afterEach(async () => {
      for (const phone of phones.splice(0)) await phone.stop();
      await api.data('DELETE', '/usermapping', { token: app.token });
    });

    const map = (...users: Record<string, unknown>[]): Promise<any[]> =>
      api.data('POST', '/usermapping', { token: app.token, body: users });
    const order = (userId: string, to = server.bootstrap.simulated_numbers.answer_tone) =>
      api.ask('POST', '/call/outbound_call', { token: app.token, body: { to, user_id: userId } });

    /** A telephone with the account that the mapping gives, as the vendor's SDK builds it. */
    async function phoneOf({ SipId, SipSecret, ExotelAccountSid }: Record<string, string>): Promise<SipPhone> {
      const user = (SipId ?? '').split(':')[1] ?? '';
      const credentials = { username: user, password: decryptSipSecret(SipSecret ?? '') };
      const domain = `${ExotelAccountSid}.voip.exotel.com`;
      const phone = await SipPhone.start({ server: server.sip, user, domain, credentials });
      phones.push(phone);
      return phone;
    }

    async function registered(userId: string): Promise<SipPhone> {
      const [user] = await map(api.user(userId));
      const phone = await phoneOf(user);
      expect((await phone.register()).status).toBe(200);
      return phone;
    }

    it('register at once with what SipId and SipSecret say, made or read', async () => {
      const [made] = await map(api.user('agent_001'));
      expect((await (await phoneOf(made)).register()).status).toBe(200);
      const read = await api.data('GET', '/usermapping?user_id=agent_001', { token: app.token });
      expect(read.SipSecret).not.toBe(made.SipSecret); // Another IV each time.
      expect((await (await phoneOf(read)).register()).status).toBe(200);
    });

    it.each([
      ['one of several', 'DELETE', '/users', ['agent_001']],
      ['the one', 'DELETE', '/usermapping/agent_001', undefined],
      ['all', 'DELETE', '/usermapping', undefined],
    ])('lose their registration when they are deleted: %s', async (_which, method, path, body) => {
      const phone = await registered('agent_001');
      await api.data(method, path, { token: app.token, body });
      expect([401, 403, 404]).toContain((await phone.register()).status);
      const call = await simulatedCallTo(phone);
      expect(call).not.toBe('rang');
    });

    it('lose it with their app', async () => {
      const other = await api.newApp(await api.newCustomer());
      const [user] = await api.data('POST', '/usermapping', { token: other.token, body: [api.user('agent_009')] });
      const phone = await phoneOf(user);
      expect((await phone.register()).status).toBe(200);
      await api.data('DELETE', '/app', { token: other.token });
      expect([401, 403, 404]).toContain((await phone.register()).status);
    });

    /** Whether a deleted user's telephone still rings when a colleague dials its name. */
    async function simulatedCallTo(phone: SipPhone): Promise<'rang' | 'refused'> {
      const colleague = await registered('colleague');
      const call = await colleague.call(`sip:${phone.user}@${phone.domain}`);
      expect(await call.waitForEnd(patience)).toMatchObject({ cause: 'failed' });
      return phone.calls.length > 0 ? 'rang' : 'refused';
    }

    it('are rung first by outbound_call, then the customer, then both talk', async () => {
      const phone = await registered('agent_001');
      const answer = await order('agent_001');
      expect(answer.status).toBe(200);
      const { CallSid, VirtualNumber, FromNumber, ToNumber, AppUserID, CustomerId } = answer.body.Data;
      expect({ VirtualNumber, FromNumber, ToNumber, AppUserID }).toEqual({
        ToNumber: server.bootstrap.simulated_numbers.answer_tone.replace('+91', '0'),
        VirtualNumber: server.bootstrap.exophones[0],
        FromNumber: `sip:${phone.user}`,
        AppUserID: 'agent_001',
      });
      expect(CustomerId).toMatch(/^[0-9a-f-]{36}$/);
      const ringing = await phone.waitForCall(patience);
      expect(await admin.simulatedCalls()).toEqual([]); // The customer is not dialled before the agent answers.
      await ringing.answer();
      await ringing.expectTone(1000, patience);
      ringing.sendTone(500);
      await admin.expectSimulated('the agent’s tone', ({ hearing_hz: hz }) => hz !== null && Math.abs(hz - 500) < 25);
      const record = await admin.expectLastCall('that it is up', ({ status }) => status === 'in-progress');
      expect(record.call_sid).toBe(CallSid);
      expect(await order('agent_001')).toMatchObject({
        status: 404,
        body: { Error: expect.stringContaining('10706') },
      });
      ringing.hangup();
      await admin.expectLastCall('that it is over', ({ status }) => status === 'completed');
    });

    it('tell by outbound_call what stands in the way', async () => {
      const inner = ({ body }: { body: any }) => JSON.parse(body.Error).response.error_data.code;
      await map(api.user('agent_001'));
      const off = await order('agent_001');
      expect([off.status, inner(off)]).toEqual([409, 1012]);
      const unknown = await order('nobody');
      expect([unknown.status, inner(unknown)]).toEqual([404, 10731]);
      const bad = await order('agent_001', 'nobody at all');
      expect(bad).toMatchObject({ status: 400, body: { Error: expect.stringContaining('"to"') } });
    });

    it('tell that their virtual number is gone', async () => {
      const { body: carrier } = await admin.request('POST', '/api/v1/carriers', {
        name: 'Acme',
        sip_address: '127.0.0.1:9',
        transport: 'udp',
        inbound_auth_mode: 'ip',
      });
      const path = `/api/v1/carriers/${carrier.id}/dids`;
      const { body: did } = await admin.request('POST', path, { number: '+918000000077' });
      const [user] = await map(api.user('agent_001', { VirtualNumber: '+918000000077' }));
      expect((await (await phoneOf(user)).register()).status).toBe(200);
      expect((await admin.request('DELETE', `${path}/${did.id}`)).status).toBe(204);
      const answer = await order('agent_001');
      await admin.request('DELETE', `/api/v1/carriers/${carrier.id}`);
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.body.Error).response.error_data.code).toBe(10716);
    });

    it('are rung by a demo number that is pointed at them', async () => {
      const phone = await registered('agent_001');
      const { body: found } = await admin.request('GET', '/api/v1/carriers?simulated=true');
      const simulated = found.items.find((carrier: { simulated: boolean }) => carrier.simulated);
      expect((await admin.request('GET', '/api/v1/carriers')).body.items).not.toContainEqual(simulated);
      const path = `/api/v1/carriers/${simulated.id}/dids`;
      const [did] = (await admin.request('GET', path)).body.items;
      const target = { type: 'user', app_id: app.id, user_id: 'agent_001' };
      expect((await admin.request('PUT', `${path}/${did.id}`, { target })).status).toBe(200);
      await admin.simulatedCall({ to: did.number });
      const ringing = await phone.waitForCall(patience);
      await ringing.answer();
      await admin.expectLastCall('that it is up', ({ status }) => status === 'in-progress');
      ringing.hangup();
      await admin.expectLastCall('that the agent took it', ({ status, user_id: userId }) => {
        return status === 'completed' && userId === 'agent_001';
      });
      expect((await admin.request('PUT', `${path}/${did.id}`, { target: did.target })).status).toBe(200);
    });

    it('keep their tokens, users and settings over a restart', async () => {
      const [user] = await map(api.user('agent_001'));
      await api.data('POST', '/app_setting', { token: app.token, body: { Key: 'own', Value: 'kept' } });
      await server.restart();
      const read = await api.data('GET', '/usermapping?user_id=agent_001', { token: app.token });
      expect({ ...read, SipSecret: '' }).toEqual({ ...user, SipSecret: '' });
      expect(decryptSipSecret(read.SipSecret)).toBe(decryptSipSecret(user.SipSecret));
      expect((await api.data('GET', '/app_setting?key=own', { token: app.token })).Value).toBe('kept');
      await eventually(async () => (await (await phoneOf(read)).register()).status === 200, { timeoutMs: patience });
    });
  });
