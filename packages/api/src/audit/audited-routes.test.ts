import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, type Method } from '../testing/ask.js';
import { makeApi, type TestApi } from '../testing/make-api.js';

/** They change nothing of anybody's: what they are instead. */
const unrecorded = {
  'DELETE /api/v1/simulator/calls/{id}': 'the simulated network',
  'POST /api/v1/simulator/calls': 'the simulated network',
  'POST /api/v1/bots/validate': 'keeps nothing',
  'POST /api/v1/flows/validate': 'keeps nothing',
  'POST /api/v1/flows/{flow_id}/simulate': 'keeps nothing',
  'POST /api/v1/call-results': 'what became of a call',
  'POST /v2/integrations/call/outbound_call': 'the call’s record tells of it',
  'POST /v2/integrations/{customer_id}/apps/{app_id}/users/{user_id}/session': 'a password for an hour, by page',
};

type Expected = [action: string, type: string, id: string | null, changes: object];

const flow = (name: string) => ({ name, start: 'end', applets: { end: { type: 'hangup' } } });
const camelUser = {
  ...{ AppUserId: 'agent_001', AppUsername: 'Ashwini Sharma', Email: 'ashwini@example.com', ExotelAccountSid: 'one' },
  ...{ ExotelUserName: 'Ashwini Sharma', VirtualNumber: '+918000000001' },
};

describe('what every route that changes something puts on record', { timeout: 60_000 }, () => {
  let api: TestApi;
  let token: string;
  const covered = new Set<string>();

  beforeAll(async () => {
    api = await makeApi();
    token = await api.tokenOf('super_admin');
  });

  /** Asks, and holds the one entry that this makes against what is expected. */
  async function does(
    route: string,
    { ids = {}, body, by = token }: { ids?: Record<string, string>; body?: unknown; by?: string },
    expected: (answer: Answer) => Expected,
  ): Promise<any> {
    covered.add(route);
    const [method = '', path = ''] = route.split(' ');
    const url = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? name));
    api.people.entries.length = 0;
    const answer = await ask(api, method as Method, url, { token: by, body });
    expect([route, answer.status < 300, answer.body]).toEqual([route, true, answer.body]);
    const [action, type, id, changes] = expected(answer);
    const told = api.people.entries.map((entry) => [entry.action, entry.resource, entry.changes]);
    expect([route, told]).toEqual([route, [[action, { type, id: id ?? undefined }, expect.objectContaining(changes)]]]);
    return answer.body;
  }

  it('people, and their sessions', async () => {
    const auth = '/api/v1/auth';
    const email = 'asha@example.com';
    const { id: user_id } = await does(
      `POST ${auth}/register`,
      { body: { email, name: 'Asha', password: 'correct horse' } },
      ({ body }) => ['registerUser', 'user', body.id, { name: { to: 'Asha' }, password: { secret: true } }],
    );
    const ids = { user_id };
    await does(`PUT ${auth}/users/{user_id}`, { ids, body: { role: 'supervisor' } }, () => [
      ...(['updatePerson', 'user', user_id, { role: { from: 'agent', to: 'supervisor' } }] as const),
    ]);
    await does(`PUT ${auth}/users/{user_id}/password`, { ids, body: { password: 'another horse' } }, () => [
      ...(['resetPassword', 'user', user_id, { password: { secret: true } }] as const),
    ]);
    await does(`PUT ${auth}/me`, { body: { name: 'Root' } }, () => [
      ...(['updateOwnUser', 'user', 'adm_super_admin_one', { name: { from: 'super_admin', to: 'Root' } }] as const),
    ]);
    const words = { current_password: 'correct horse', new_password: 'correct horse' };
    await does(`PUT ${auth}/me/password`, { body: words }, () => [
      ...(['changeOwnPassword', 'user', 'adm_super_admin_one', { password: { secret: true } }] as const),
    ]);
    const session = expect.stringMatching(/^ses_/) as string;
    const own = await does(
      `POST ${auth}/login`,
      { body: { email: 'agent.one@example.com', password: 'correct horse' } },
      () => ['signIn', 'session', session, {}],
    );
    covered.add(`POST ${auth}/refresh`); // Of it only the theft of a token is told: sign-in.test.ts.
    await does(`POST ${auth}/logout`, { by: own.access_token }, () => ['signOut', 'session', session, {}]);
  });

  it('carriers and numbers', async () => {
    const carriers = '/api/v1/carriers';
    const made = await does(
      `POST ${carriers}`,
      {
        body: {
          name: 'Carrier',
          sip_address: 'sip.example:5060',
          outbound_auth_username: 'u',
          outbound_auth_password: 'planted',
        },
      },
      ({ body }) => ['createCarrier', 'carrier', body.id, { name: { to: 'Carrier' } }],
    );
    const ids: Record<string, string> = { carrier_id: made.id };
    await does(`PUT ${carriers}/{carrier_id}`, { ids, body: { outbound_cps: 2 } }, () => [
      ...(['updateCarrier', 'carrier', made.id, { outbound_cps: { from: 5, to: 2 } }] as const),
    ]);
    const did = await does(
      `POST ${carriers}/{carrier_id}/dids`,
      { ids, body: { number: '+918000000009' } },
      (answer) => [...(['createDid', 'did', answer.body.id, { number: { to: '+918000000009' } }] as const)],
    );
    ids.did_id = did.id;
    await does(`PUT ${carriers}/{carrier_id}/dids/{did_id}`, { ids, body: { label: 'Sales' } }, () => [
      ...(['updateDid', 'did', did.id, { label: { from: null, to: 'Sales' } }] as const),
    ]);
    await does(`DELETE ${carriers}/{carrier_id}/dids/{did_id}`, { ids }, () => [
      ...(['deleteDid', 'did', did.id, { number: { from: '+918000000009' } }] as const),
    ]);
    await does(`DELETE ${carriers}/{carrier_id}`, { ids }, () => [
      ...(['deleteCarrier', 'carrier', made.id, { name: { from: 'Carrier' } }] as const),
    ]);
  });

  it('calls, recordings and deliveries', async () => {
    const { app } = api.integrations;
    const appToken = await tokenOf('app');
    await ask(api, 'POST', '/v2/integrations/usermapping', { token: appToken, body: [camelUser] });
    const call = { app_id: app.id, user_id: 'agent_001', to: '+919876543210' };
    await does('POST /api/v1/calls', { body: call }, ({ body }) => [
      ...(['createCall', 'call', body.call_sid, { user_id: { to: 'agent_001' } }] as const),
    ]);
    await ask(api, 'DELETE', '/v2/integrations/usermapping/agent_001', { token: appToken });
    const recordings = '/api/v1/calls/{call_sid}/recordings';
    const ids: Record<string, string> = { call_sid: 'c1', app_id: 'app', delivery_id: 'dlv_1' };
    const { recording_sid } = await does(`POST ${recordings}`, { ids, body: { channels: 'dual' } }, ({ body }) => [
      ...(['startRecording', 'recording', body.recording_sid, { channels: { to: 'dual' } }] as const),
    ]);
    ids.recording_sid = recording_sid;
    for (const word of ['pause', 'resume', 'stop'])
      await does(`POST ${recordings}/{recording_sid}/${word}`, { ids }, () => [
        ...([`${word}Recording`, 'recording', recording_sid, {}] as const),
      ]);
    await does(`DELETE ${recordings}/{recording_sid}`, { ids }, () => [
      ...(['deleteRecording', 'recording', recording_sid, {}] as const),
    ]);
    const settings = { ...(await ask(api, 'GET', '/api/v1/apps/app/recording', { token })).body, channels: 'dual' };
    await does('PUT /api/v1/apps/{app_id}/recording', { ids, body: settings }, () => [
      ...(['putRecordingSettings', 'recording-settings', 'app', { channels: { from: 'single', to: 'dual' } }] as const),
    ]);
    await does('POST /api/v1/webhook-deliveries/{delivery_id}/replay', { ids }, () => [
      ...(['replayWebhookDelivery', 'webhook-delivery', 'dlv_1', {}] as const),
    ]);
    await does('POST /api/v1/webhook-deliveries/replay', { body: { filter: { app_id: 'app' } } }, () => [
      ...(['replayWebhookDeliveries', 'webhook-delivery', null, { 'filter.app_id': { to: 'app' } }] as const),
    ]);
  });

  it('flows, prompts and bots', async () => {
    const made = await does('POST /api/v1/flows', { body: flow('One') }, ({ body }) => [
      ...(['createFlow', 'flow', body.id, { name: { to: 'One' } }] as const),
    ]);
    const ids: Record<string, string> = { flow_id: made.id };
    await does('PUT /api/v1/flows/{flow_id}', { ids, body: flow('Two') }, () => [
      ...(['updateFlow', 'flow', made.id, { name: { from: 'One', to: 'Two' } }] as const),
    ]);
    await does('DELETE /api/v1/flows/{flow_id}', { ids }, () => [
      'deleteFlow',
      'flow',
      made.id,
      { name: { from: 'Two' } },
    ]);
    const prompt = await does('POST /api/v1/prompts', { body: { name: 'Hello', text: 'Hello.' } }, ({ body }) => [
      ...(['createPrompt', 'prompt', body.id, { name: { to: 'Hello' } }] as const),
    ]);
    ids.prompt_id = prompt.id;
    await does('DELETE /api/v1/prompts/{prompt_id}', { ids }, () => [
      ...(['deletePrompt', 'prompt', prompt.id, { name: { from: 'Hello' } }] as const),
    ]);
    const { bot_id } = await does('POST /api/v1/bots', { body: { name: 'Echo', kind: 'echo' } }, ({ body }) => [
      ...(['createBot', 'bot', body.bot_id, { name: { to: 'Echo' }, kind: { to: 'echo' } }] as const),
    ]);
    Object.assign(ids, { bot_id, version: '1' });
    await does('PUT /api/v1/bots/{bot_id}', { ids, body: { config: { delay_ms: 100 } } }, () => [
      ...([
        'updateBot',
        'bot',
        bot_id,
        { 'config.delay_ms': { from: 0, to: 100 }, version: { from: 1, to: 2 } },
      ] as const),
    ]);
    await does('POST /api/v1/bots/{bot_id}/versions/{version}/restore', { ids }, () => [
      ...(['restoreBotVersion', 'bot', bot_id, { 'config.delay_ms': { from: 100, to: 0 } }] as const),
    ]);
    await does('DELETE /api/v1/bots/{bot_id}', { ids }, () => ['deleteBot', 'bot', bot_id, { name: { from: 'Echo' } }]);
  });

  it('settings, and the record of Exotel', async () => {
    const settings: [block: string, body: object, action: string, changes: object][] = [
      ['api-keys', { openai: 'planted-key-0001' }, 'putApiKeys', { api_keys: { secret: true } }],
      [
        ...(['minio', { bucket: 'calls', secret_key: 'planted-key' }, 'putMinio'] as const),
        { 'minio.bucket': { from: 'recordings', to: 'calls' }, 'minio.secret_key': { secret: true } },
      ],
      [
        ...(['agent-assist', { enabled: true }, 'putAgentAssist'] as const),
        { 'agent_assist.enabled': { from: false, to: true } },
      ],
      ['knowledge', { max_upload_mb: 5 }, 'putKnowledge', { 'knowledge.max_upload_mb': { from: 20, to: 5 } }],
      [
        ...(['dialler', { amd: { enabled: true } }, 'putDialler'] as const),
        { 'dialler.amd.enabled': { from: false, to: true } },
      ],
      [
        ...(['timezone', { display_timezone: 'Asia/Kolkata' }, 'putTimezone'] as const),
        { display_timezone: { from: 'UTC', to: 'Asia/Kolkata' } },
      ],
      [
        ...(['fleet', { core_fleet: ['https://core.example'] }, 'putFleet'] as const),
        { core_fleet: { from: [], to: ['https://core.example'] } },
      ],
    ];
    for (const [block, body, action, changes] of settings)
      await does(`PUT /api/v1/settings/${block}`, { body }, () => [action, 'settings', block, changes]);
    const exotel = '/api/v1/integrations/exotel';
    const credentials = { account_sid: 'acme1', api_key: 'planted', api_token: 'planted' };
    await does(`PUT ${exotel}`, { body: credentials }, () => [
      ...(['putExotelIntegration', 'exotel-integration', null] as const),
      { account_sid: { from: '', to: 'acme1' }, api_key: { secret: true }, api_token: { secret: true } },
    ]);
    const number = { number: '+918047112233', flow_url: 'https://my.exotel.com/acme1/exoml/start_voice/42' };
    const { did_id } = await does(`POST ${exotel}/dids`, { body: number }, ({ body }) => [
      ...(['addExotelDid', 'exotel-did', body.did_id, { number: { to: '+918047112233' } }] as const),
    ]);
    const ids = { did_id };
    await does(`PUT ${exotel}/dids/{did_id}`, { ids, body: { label: 'Sales' } }, () => [
      ...(['updateExotelDid', 'exotel-did', did_id, { label: { from: '', to: 'Sales' } }] as const),
    ]);
    await does(`POST ${exotel}/dids/{did_id}/test-call`, { ids, body: { to_number: '9876543210' } }, () => [
      ...(['placeExotelTestCall', 'exotel-did', did_id, { to_number: { to: '+919876543210' } }] as const),
    ]);
    await does(`DELETE ${exotel}/dids/{did_id}`, { ids }, () => [
      ...(['removeExotelDid', 'exotel-did', did_id, { label: { from: 'Sales' } }] as const),
    ]);
  });

  const camel = '/v2/integrations';
  const snake = `${camel}/{customer_id}/apps/{app_id}`;
  const tokenOf = async (Entity: 'app' | 'customer') => {
    const { id: Id, secret: Secret } = api.integrations[Entity];
    return (await ask(api, 'POST', `${camel}/token`, { body: { Id, Secret, Entity } })).body.Data as string;
  };

  it('settings and users of an app, in the CamelCase generation', async () => {
    const { app } = api.integrations;
    const by = await does(`POST ${camel}/token`, { body: { Id: app.id, Secret: app.secret, Entity: 'app' } }, () => [
      'createIntegrationToken',
      'token',
      null,
      { Entity: { to: 'app' }, Secret: { secret: true } },
    ]).then(({ Data }) => Data);
    expect(api.people.entries[0]?.actor).toEqual({ type: 'app', id: app.id, name: 'token of the app' });
    const popup = { Key: 'popup', Value: 'https://crm.example/popup?key=planted' };
    await does(`POST ${camel}/app_setting`, { by, body: popup }, () => [
      ...(['createAppSetting', 'app-settings', app.id, { popup: { to: 'https://crm.example/popup?…' } }] as const),
    ]);
    await does(`PUT ${camel}/app_setting`, { by, body: { Key: 'mine', Value: 'planted' } }, () => [
      ...(['updateAppSetting', 'app-settings', app.id, { mine: { secret: true } }] as const),
    ]);
    covered.add(`DELETE ${camel}/app_setting`);
    api.people.entries.length = 0;
    await ask(api, 'DELETE', `${camel}/app_setting?key=popup`, { token: by });
    expect(api.people.entries).toMatchObject([
      {
        action: 'deleteAppSetting',
        resource: { id: app.id },
        changes: { popup: { from: 'https://crm.example/popup?…' } },
      },
    ]);
    const user = `${app.id}/agent_001`;
    await does(`POST ${camel}/usermapping`, { by, body: [camelUser] }, () => [
      ...(['createUserMappings', 'app-user', user, { AppUsername: { to: 'Ashwini Sharma' } }] as const),
    ]);
    const change = { AppUserId: 'agent_001', VirtualNumber: '+918000000001' };
    await does(`PUT ${camel}/usermapping`, { by, body: change }, () => ['updateUserMapping', 'app-user', user, {}]);
    const device = { UserId: 'agent_001', DeviceName: 'sip', DeviceStatus: true };
    await does(`PUT ${camel}/device`, { by, body: device }, () => ['updateDevice', 'app-user', user, {}]);
    await does(`DELETE ${camel}/usermapping/{id}`, { by, ids: { id: 'agent_001' } }, () => [
      ...(['deleteUserMapping', 'app-user', user, { name: { from: 'Ashwini Sharma' } }] as const),
    ]);
    const many = ['a_1', 'a_2'].map((AppUserId) => ({ ...camelUser, AppUserId }));
    for (const [path, method, action, body] of [
      ['usermapping', 'POST', 'createUserMappings', many],
      ['users', 'DELETE', 'deleteUsers', ['a_1', 'a_2']],
    ] as const) {
      covered.add(`${method} ${camel}/${path}`);
      api.people.entries.length = 0;
      await ask(api, method, `${camel}/${path}`, { token: by, body });
      expect(api.people.entries.map((entry) => [entry.action, entry.resource.id])).toEqual([
        [action, `${app.id}/a_1`],
        [action, `${app.id}/a_2`],
      ]);
    }
    await ask(api, 'POST', `${camel}/usermapping`, { token: by, body: many });
    await does(`DELETE ${camel}/usermapping`, { by }, () => [
      ...(['deleteAllUserMappings', 'app-user', `${app.id}/*`, { users: { from: 2 } }] as const),
    ]);
    await does(`DELETE ${camel}/token`, { by }, () => ['revokeIntegrationToken', 'token', null, {}]);
  });

  it('settings, users, contacts and secrets of an app, in the snake_case generation', async () => {
    const { app, customer } = api.integrations;
    const by = await tokenOf('customer');
    const ids = { customer_id: customer.id, app_id: app.id, user_id: 'agent_002', number: '+919876543210' };
    await does(`PUT ${snake}/settings`, { by, ids, body: { callback_url: 'https://u:planted@crm.example/c' } }, () => [
      ...(['updateSettings', 'app-settings', app.id] as const),
      { callback_url: { from: null, to: 'https://…@crm.example/c' } },
    ]);
    expect(api.people.entries[0]).toMatchObject({
      ...{ accountSid: 'one', actor: { type: 'customer', id: customer.id, name: 'token of the customer' } },
    });
    const user = `${app.id}/agent_002`;
    const body = { user_id: 'agent_002', name: 'Ravi', phone: '+919876543210' };
    await does(`POST ${snake}/users`, { by, ids, body }, () => [
      'createUser',
      'app-user',
      user,
      { name: { to: 'Ravi' } },
    ]);
    await does(`PUT ${snake}/users/{user_id}`, { by, ids, body: { name: 'Ravi Kumar' } }, () => [
      ...(['updateUser', 'app-user', user, { name: { from: 'Ravi', to: 'Ravi Kumar' } }] as const),
    ]);
    await does(`PATCH ${snake}/users/{user_id}`, { by, ids, body: { phone: '+919876543211' } }, () => [
      ...(['patchUser', 'app-user', user, { phone: { from: '+919876543210', to: '+919876543211' } }] as const),
    ]);
    await does(`PUT ${snake}/users/{user_id}/devices`, { by, ids, body: { phone: false } }, () => [
      ...(['updateDevices', 'app-user', user, { 'devices.phone': { from: true, to: false } }] as const),
    ]);
    await does(`DELETE ${snake}/users/{user_id}`, { by, ids }, () => [
      ...(['deleteUser', 'app-user', user, { name: { from: 'Ravi Kumar' } }] as const),
    ]);
    const contact = { number: '098765 43210', name: 'Asha' };
    await does(`PUT ${snake}/contacts`, { by, ids, body: contact }, () => [
      ...(['putContacts', 'contact', `${app.id}/+919876543210`, { name: { to: 'Asha' } }] as const),
    ]);
    await does(`DELETE ${snake}/contacts/{number}`, { by, ids }, () => [
      ...(['deleteContact', 'contact', `${app.id}/+919876543210`, { name: { from: 'Asha' } }] as const),
    ]);
    const two = [contact, { number: '+919876543211', name: 'Ravi' }];
    await does(`PUT ${snake}/contacts`, { by, ids, body: two }, () => [
      ...(['putContacts', 'contact', `${app.id}/*`, { contacts: { to: 2 } }] as const),
    ]);
    await does(`POST ${snake}/webhook-secrets/rotate`, { by, ids, body: { overlap_hours: 1 } }, () => [
      ...([
        'rotateWebhookSecret',
        'webhook-secret',
        app.id,
        { secret: { secret: true }, overlap_hours: { to: 1 } },
      ] as const),
    ]);
  });

  it('customers and apps', async () => {
    const made = await does(
      `POST ${camel}/customer`,
      { body: { CustomerName: 'New', Email: 'n@n.example' } },
      (answer) => [
        ...(['createCustomer', 'customer', answer.body.Data.CustomerID, { CustomerName: { to: 'New' } }] as const),
      ],
    );
    expect(api.people.entries[0]?.actor.type).toBe('person');
    expect(made.Data.CustomerID).toEqual(expect.any(String));
    const account = { ExotelAccountSid: 'one', ExotelApiKey: 'key', ExotelApiToken: 'token' };
    const app = { AppName: 'other', ExotelDomain: 'mumbai', IsActive: true, ...account };
    const own = await does(`POST ${camel}/app`, { by: await tokenOf('customer'), body: app }, ({ body }) => [
      ...([
        'createApp',
        'app',
        body.Data.AppID,
        { AppName: { to: 'other' }, ExotelApiToken: { secret: true } },
      ] as const),
    ]);
    const { AppID: Id, AppSecret: Secret } = own.Data;
    const by = (await ask(api, 'POST', `${camel}/token`, { body: { Id, Secret, Entity: 'app' } })).body.Data;
    await does(`DELETE ${camel}/app`, { by }, () => ['deleteApp', 'app', Id, { name: { from: 'other' } }]);
    const { CustomerID: id, CustomerSecret: secret } = made.Data;
    const ofNew = (await ask(api, 'POST', `${camel}/token`, { body: { Id: id, Secret: secret, Entity: 'customer' } }))
      .body;
    await does(`DELETE ${camel}/{customer_id}`, { by: ofNew.Data, ids: { customer_id: id } }, () => [
      ...(['deleteCustomer', 'customer', id, { name: { from: 'New' } }] as const),
    ]);
    const { customer } = api.integrations;
    await does(`DELETE ${camel}/customer`, { by: await tokenOf('customer') }, () => [
      ...(['deleteOwnCustomer', 'customer', customer.id, { name: { from: 'Acme' } }] as const),
    ]);
  });

  it('is held here against each of them: no route is missing', async () => {
    await api.app.ready();
    const { paths = {} } = api.app.swagger() as { paths?: Record<string, Record<string, object>> };
    const routes = Object.entries(paths)
      .filter(([path]) => /^\/(api\/v1|v2\/integrations)\//.test(path))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
      .filter((route) => !/^(GET|HEAD|OPTIONS) /.test(route));
    expect([...covered, ...Object.keys(unrecorded)].sort()).toEqual(routes.sort());
  });
});
