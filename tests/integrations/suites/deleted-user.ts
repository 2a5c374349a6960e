import { type RunningServer, SipPhone } from '@intermix/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdminApi } from '../../support/admin.js';
import { IntegrationsApi, type TestApp } from '../../support/integrations.js';
import { decryptSipSecret } from '../../support/sip-secret.js';

const patience = 10_000;

export const deletedUser = (theServer: () => RunningServer) =>
  describe('a user who is deleted', () => {
    let server: RunningServer;
    let api: IntegrationsApi;
    let admin: AdminApi;
    let app: TestApp;

    beforeAll(async () => {
      server = theServer();
      api = new IntegrationsApi(server);
      admin = new AdminApi(server);
      app = await api.newApp(await api.newCustomer());
    });

    it('is refused over its connection at once, and talks on', async () => {
      const [made] = await api.data('POST', '/usermapping', { token: app.token, body: [api.user('agent_001')] });
      const user = made.SipId.split(':')[1];
      const credentials = { username: user, password: decryptSipSecret(made.SipSecret) };
      const domain = `${made.ExotelAccountSid}.voip.exotel.com`;
      const phone = await SipPhone.start({ server: server.sip, protocol: 'TCP', user, domain, credentials });
      expect((await phone.register()).status).toBe(200);
      const call = await phone.call(server.bootstrap.simulated_numbers.answer_tone);
      await call.waitForAnswer(patience);

      await api.data('DELETE', '/usermapping/agent_001', { token: app.token });
      expect((await phone.register()).status).toBe(403);
      const stranger = await SipPhone.start({ server: server.sip, protocol: 'TCP', user, domain, credentials });
      expect((await stranger.register()).status).toBe(401); // As any unknown name.
      await stranger.stop();

      call.sendTone(500);
      await admin.expectSimulated('the tone', ({ hearing_hz: hz }) => hz !== null && Math.abs(hz - 500) < 25);
      await call.expectTone(1000, patience);
      call.hangup();
      await admin.expectLastCall('completed', ({ status }) => status === 'completed');
      await phone.stop();
    });

    it('is refused in the same way when the app goes as a whole', async () => {
      const whole = await api.newApp(await api.newCustomer());
      const [made] = await api.data('POST', '/usermapping', { token: whole.token, body: [api.user('agent_002')] });
      const user = made.SipId.split(':')[1];
      const credentials = { username: user, password: decryptSipSecret(made.SipSecret) };
      const domain = `${made.ExotelAccountSid}.voip.exotel.com`;
      const phone = await SipPhone.start({ server: server.sip, protocol: 'TCP', user, domain, credentials });
      expect((await phone.register()).status).toBe(200);
      await api.data('DELETE', '/app', { token: whole.token });
      expect((await phone.register()).status).toBe(403);
      await phone.stop();
    });
  });
