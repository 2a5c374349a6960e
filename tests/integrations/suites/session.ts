import { type RunningServer, SipPhone } from '@intermix/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SnakeApp } from '../../support/snake.js';

interface Session {
  username: string;
  auth_username: string;
  password: string;
  domain: string;
  websocket_url: string;
}

export const sessions = (theServer: () => RunningServer) =>
  describe('a short-lived SIP password', () => {
    let server: RunningServer;
    let app: SnakeApp;
    const phones: SipPhone[] = [];

    beforeAll(async () => {
      server = theServer();
      app = await SnakeApp.demo(server);
    });
    afterAll(async () => {
      for (const phone of phones) await phone.stop();
    });

    const newUser = (userId: string) => app.data('POST', '/users', { user_id: userId, name: 'Ashwini Sharma' });
    const open = (userId: string): Promise<Session> => app.data('POST', `/users/${userId}/session`);

    async function phoneOf({ username: user, auth_username: username, password, domain }: Session): Promise<SipPhone> {
      const credentials = { username, password };
      const phone = await SipPhone.start({ server: server.sip, protocol: 'TCP', user, domain, credentials });
      phones.push(phone);
      return phone;
    }

    it('registers its user, says where to connect, and goes on after a restart of the server', async () => {
      await newUser('agent_s1');
      const session = await open('agent_s1');
      expect(session.websocket_url).toBe(`${server.baseUrl.replace(/^http/, 'ws')}/wss`);
      expect((await (await phoneOf(session)).register()).status).toBe(200);
      expect((await app.data('GET', '/users/agent_s1/devices')).devices.sip.registered).toBe(true);
      await server.restart();
      expect((await (await phoneOf(session)).register()).status).toBe(200);
    });

    it('is refused for another user, and with another end', async () => {
      await newUser('agent_s2');
      await newUser('agent_s3');
      const [own, other] = [await open('agent_s2'), await open('agent_s3')];
      expect((await (await phoneOf({ ...own, username: other.username })).register()).status).toBe(403);
      const later = own.auth_username.replace(/~\w+~/, '~zzzzzz~');
      expect((await (await phoneOf({ ...own, auth_username: later })).register()).status).toBe(401);
    });

    it('ends with its user: 403 over the same connection, 401 as for any unknown name, 404 for a new one', async () => {
      await newUser('agent_s4');
      const session = await open('agent_s4');
      const phone = await phoneOf(session);
      expect((await phone.register()).status).toBe(200);
      await app.data('DELETE', '/users/agent_s4');
      expect((await phone.register()).status).toBe(403);
      expect((await (await phoneOf(session)).register()).status).toBe(401);
      expect((await app.ask('POST', '/users/agent_s4/session')).status).toBe(404);
    });
  });
