import { expect, it, vi } from 'vitest';
import { ExotelWebClient } from '../compat/exotel-web-client.js';
import { answeredSession, DOMAIN, makePage, PASSWORD, pass, settle } from '../testing/page-fixture.js';
import { browserName } from './browser-name.js';
import { withoutSecrets } from './troubleshoot-report.js';

const HOST = 'candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host generation 0';
const TCP = 'candidate:2 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active';
const IPV6 = 'candidate:3 1 udp 2122262783 2001:db8::7 50001 typ host';
const MDNS = 'candidate:4 1 udp 2122260223 2c1e8f4a-7f11-4d6a-9f6a-0f2f1a0b9c55.local 50000 typ host';
const SRFLX = 'candidate:5 1 udp 1686052607 203.0.113.9 50000 typ srflx raddr 192.0.2.7 rport 50000';
const RELAY = 'candidate:6 1 udp 41819902 203.0.113.50 61000 typ relay raddr 203.0.113.9 rport 50000';
const STUN = '<stun:203.0.113.5:3478>';
const TURN = `${STUN}, <turn:turn.example:3478>;username="1:priya";credential="c3VwZXI="`;

/** A page that uses the diagnostics as the integration guide tells. */
async function testedPage(options: { header?: string; registered?: boolean } = {}) {
  const page = await makePage();
  const { registrar } = page.server;
  page.server.registrar = (incoming) => {
    const respond = incoming.respond.bind(incoming);
    incoming.respond = (status, response = {}) => {
      const headers = status === 200 && options.header ? [['X-Intermix-Ice-Servers', options.header] as const] : [];
      respond(status, { ...response, headers: [...(response.headers ?? []), ...headers] });
    };
    registrar(incoming);
  };
  const phone = new ExotelWebClient(page.platform);
  phone.initWebrtc({
    ...{ userName: 'priya', authUser: 'priya', sipdomain: DOMAIN, domain: '127.0.0.1:8080' },
    ...{ secret: PASSWORD, port: '8080', security: 'ws' as const },
  });
  if (options.registered !== false) phone.DoRegister();
  await settle();
  const told: [key: string, status: string | number, description: string][] = [];
  const reports: string[] = [];
  phone.initDiagnostics(
    (status, report) => reports.push(`${status}|${report}`),
    (...line) => told.push(line),
  );
  await expect.poll(() => told.length).toBe(3);
  const first = told.splice(0);
  /** What was told under a key. */
  const of = (key: string) => told.filter((line) => line[0] === key).map(([, status, text]) => [status, text]);
  return { ...page, phone, told, first, reports, of };
}

it('tells browser, microphone and speaker at once', async () => {
  const { first, reports } = await testedPage();
  expect(first).toEqual([
    ['browserVersion', 'ready', 'Chrome/156.0.0.0'],
    ['micInfo', 'laptop microphone', 'micInfo'],
    ['speakerInfo', 'laptop speaker', 'speakerInfo'],
  ]);
  expect(reports.at(-1)).toMatch(
    /^troubleShootReport\|\[2026-01-01 00:00:0\d\] \[INFO\] .*browserVersion: ready Chrome/,
  );
});

it.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox/128.0'],
  ['Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15', 'Safari/17.5'],
  ['Mozilla/5.0 AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0', 'Microsoft Edge/126.0.0.0'],
  ['Mozilla/5.0 AppleWebKit/537.36 HeadlessChrome/156.0.0.0 Safari/537.36', 'Chrome/156.0.0.0'],
  ['', 'unknown/0'],
])('%s is %s', (userAgent, name) => {
  expect(browserName(userAgent)).toBe(name);
});

it('[SDK-D31] the speaker test rings, tells twenty levels a second, and frees what it opened', async () => {
  const { phone, platform, clock, of, reports } = await testedPage();
  const before = platform.audioContexts.length;
  phone.startSpeakerDiagnosticsTest();
  await expect.poll(() => platform.audioContexts.length).toBe(before + 1);
  const context = platform.audioContexts.at(-1)!;
  context.spectrum = 51;
  await pass(clock, 1_000);
  expect(of('speaker')).toHaveLength(20);
  expect(of('speaker').at(-1)).toEqual([51, 'speaker ok']);
  expect(context.scheduled.length).toBeGreaterThan(0);
  phone.stopSpeakerDiagnosticsTest('yes');
  await settle();
  expect(context.state).toBe('closed');
  expect(context.analysers.every((analyser) => !analyser.connected)).toBe(true);
  await pass(clock, 5_000);
  expect(of('speaker')).toHaveLength(20);
  expect(reports.at(-1)).toContain('Speaker device testing is successful, answer: yes');
  expect(reports.at(-1)).toContain('DEVICE EVENT = SPEAKER_TEST_PASS');
});

it('a browser that forbids sound is a speaker error, and so is one that makes none', async () => {
  const { phone, platform, clock, of } = await testedPage();
  platform.soundAllowed = false;
  phone.startSpeakerDiagnosticsTest();
  await settle();
  await pass(clock, 2_000);
  expect(of('speaker').at(-1)).toEqual([0, 'speaker error']);
  expect(platform.audioContexts.at(-1)?.state).toBe('closed');
  platform.createAudioContext = () => {
    throw new Error('too many contexts');
  };
  phone.startSpeakerDiagnosticsTest();
  await settle();
  expect(of('speaker').filter(([, text]) => text === 'speaker error')).toHaveLength(2);
});

it('[SDK-D31] the microphone test tells levels and gives the microphone back; started twice it begins anew', async () => {
  const { phone, platform, clock, of, reports } = await testedPage();
  phone.startMicDiagnosticsTest();
  await expect.poll(() => platform.liveTracks.length).toBe(1);
  phone.startMicDiagnosticsTest();
  await settle();
  await settle();
  expect(platform.liveTracks).toHaveLength(1);
  platform.audioContexts.at(-1)!.spectrum = 12;
  await pass(clock, 500);
  expect(of('mic').at(-1)).toEqual([12, 'mic ok']);
  phone.stopMicDiagnosticsTest('no');
  await settle();
  expect(platform.liveTracks).toHaveLength(0);
  expect(platform.audioContexts.every((context) => context.state === 'closed')).toBe(true);
  expect(reports.at(-1)).toContain('MICROPHONE_TEST_FAIL');
});

it('a refused microphone, and one that is unplugged, are a mic error', async () => {
  const { phone, platform, clock, of } = await testedPage();
  platform.microphoneError = 'NotAllowedError';
  phone.startMicDiagnosticsTest();
  await settle();
  expect(of('mic')).toEqual([[0, 'mic error']]);
  platform.microphoneError = undefined;
  phone.startMicDiagnosticsTest();
  await settle();
  await pass(clock, 100);
  platform.devices.unplug('laptop');
  await settle();
  expect(of('mic').at(-1)).toEqual([0, 'mic error']);
  expect(platform.audioContexts.every((context) => context.state === 'closed')).toBe(true);
});

it('stopping while the person is asked for the microphone leaves none open', async () => {
  const { phone, platform, of } = await testedPage();
  let grant = () => {};
  platform.microphoneGranted = new Promise((resolve) => (grant = resolve));
  phone.startMicDiagnosticsTest();
  await settle();
  phone.stopMicDiagnosticsTest();
  await settle();
  grant();
  await settle();
  expect([platform.microphones.length, platform.liveTracks.length, of('mic').length]).toEqual([1, 0, 0]);
});

it('[SDK-D31] the network test first says waiting, then what is true, in the order of Exotel’s SDK', async () => {
  const page = await testedPage({ header: STUN });
  page.platform.candidates = [HOST, TCP, SRFLX];
  const [registers, sockets] = [page.network.sentByPage('REGISTER').length, page.network.sockets.length];
  page.phone.startNetworkDiagnostics();
  await settle();
  expect(page.told).toEqual([
    ['userReg', 'registered', 'priya'],
    ['wss', 'connected', 'ws://127.0.0.1:8080/wss'],
    ...['udp', 'tcp', 'ipv6', 'host', 'srflx'].map((key) => [key, 'waiting', '']),
    ['udp', 'connected', HOST],
    ['udp', 'connected', SRFLX],
    ['tcp', 'connected', TCP],
    ['ipv6', 'disconnected', ''],
    ['host', 'connected', HOST],
    ['host', 'connected', TCP],
    ['srflx', 'connected', SRFLX],
  ]);
  expect(page.platform.peers.at(-1)).toMatchObject({
    closed: true,
    configuration: { iceServers: [{ urls: 'stun:203.0.113.5:3478' }] },
  });
  expect(page.network.sentByPage('REGISTER')).toHaveLength(registers);
  expect(page.network.sockets).toHaveLength(sockets);
});

it('tells relay where there is a TURN server, and an mDNS name is no IPv6', async () => {
  const page = await testedPage({ header: TURN });
  page.platform.candidates = [MDNS, RELAY];
  page.phone.startNetworkDiagnostics();
  await settle();
  expect(page.of('relay')).toEqual([
    ['waiting', ''],
    ['connected', RELAY],
  ]);
  expect(page.of('ipv6').at(-1)).toEqual(['disconnected', '']);
  expect(page.of('srflx').at(-1)).toEqual(['disconnected', '']);
  expect(page.reports.at(-1)).not.toContain('c3VwZXI=');
});

it('says why a TURN server gives no relay: what it answered, before that it could not be reached from one address', async () => {
  const page = await testedPage({ header: TURN });
  page.platform.candidates = [HOST];
  const url = 'turn:turn.example:3478?transport=udp';
  page.platform.candidateErrors = [
    { url, errorCode: 701, errorText: 'TURN allocate request timed out.' },
    { url, errorCode: 401, errorText: 'Unauthorized' },
  ];
  page.phone.startNetworkDiagnostics();
  await settle();
  expect(page.of('relay').at(-1)).toEqual(['disconnected', `401 Unauthorized (${url})`]);
  expect(page.of('srflx').at(-1)).toEqual(['disconnected', '']);
  expect(page.reports.at(-1)).toContain('relay: disconnected 401 Unauthorized');
});

it('without a NAT the STUN server sees the host candidate itself', async () => {
  const page = await testedPage({ header: STUN });
  page.platform.candidates = [IPV6, HOST];
  page.phone.startNetworkDiagnostics();
  await settle();
  expect(page.of('ipv6').at(-1)).toEqual(['connected', IPV6]);
  expect(page.of('srflx').at(-1)).toEqual(['connected', IPV6]);
  const alone = await testedPage(); // No STUN server at all: nothing can be said.
  alone.phone.startNetworkDiagnostics();
  await settle();
  expect(alone.of('srflx').at(-1)).toEqual(['disconnected', '']);
});

it('[SDK-D31] a silent STUN server costs five seconds and no more', async () => {
  const page = await testedPage({ header: STUN });
  page.platform.gathering = 'silent';
  page.phone.startNetworkDiagnostics();
  await settle();
  await pass(page.clock, 4_900);
  expect(page.of('udp')).toEqual([['waiting', '']]);
  await pass(page.clock, 100);
  expect(page.of('srflx').at(-1)).toEqual(['disconnected', '']);
  expect(page.platform.peers.at(-1)?.closed).toBe(true);
});

it('registers when that has not been done, and tells the real state of a socket that cannot be had', async () => {
  const page = await testedPage({ registered: false, header: STUN });
  page.phone.startNetworkDiagnostics();
  await settle();
  expect(page.of('userReg').map(([status]) => status)).toEqual(['sent_request', 'sent_request', 'registered']);
  expect(page.of('wss')).toEqual([['connected', 'ws://127.0.0.1:8080/wss']]);
  expect(page.platform.peers.at(-1)?.configuration.iceServers).toHaveLength(1);

  const cut = await testedPage({ registered: false });
  cut.network.up = false;
  cut.phone.startNetworkDiagnostics();
  await settle();
  expect(cut.of('wss')).toEqual([['disconnected', 'ws://127.0.0.1:8080/wss']]);
  expect(cut.of('userReg').at(-1)).toEqual(['unregistered', 'priya']);
});

it('tells when the socket is lost and when it is back, until it is stopped', async () => {
  const page = await testedPage();
  page.phone.startNetworkDiagnostics();
  await settle();
  page.network.sockets.at(-1)?.server.close();
  await settle();
  expect(page.of('wss').map(([status]) => status)).toEqual(['connected', 'disconnected']);
  await pass(page.clock, 2_000);
  expect(page.of('wss').at(-1)?.[0]).toBe('connected');
  page.phone.stopNetworkDiagnostics();
  await settle();
  const before = page.told.length;
  page.network.sockets.at(-1)?.server.close();
  await settle();
  expect(page.told).toHaveLength(before);
});

it('[SDK-D31] leaves a call in progress alone', async () => {
  const page = await testedPage({ header: STUN });
  const invite = page.server.call();
  await settle();
  await Promise.all([answeredSession(invite), page.phone.getCall().Answer()]);
  const [peer] = page.platform.peers;
  page.phone.startNetworkDiagnostics();
  page.phone.startMicDiagnosticsTest();
  await settle();
  page.phone.closeDiagnostics();
  await settle();
  expect(peer?.closed).toBe(false);
  expect(page.platform.liveTracks).toHaveLength(1);
  expect(page.phone.getCall().callDetails().callState).toBe('connected');
});

it('without initDiagnostics, or with half of it, every method does nothing', async () => {
  const { platform } = await makePage();
  const phone = new ExotelWebClient(platform);
  const report = vi.fn();
  phone.initDiagnostics(report, null);
  phone.startSpeakerDiagnosticsTest();
  phone.startMicDiagnosticsTest();
  phone.startNetworkDiagnostics();
  phone.stopNetworkDiagnostics();
  phone.stopMicDiagnosticsTest();
  phone.stopSpeakerDiagnosticsTest();
  phone.closeDiagnostics();
  await settle();
  expect([platform.audioContexts.length, platform.peers.length, platform.microphones.length]).toEqual([0, 0, 0]);
  expect(report).not.toHaveBeenCalled();
});

it('the report is kept in the browser, bounded, survives a full storage, and can be saved', async () => {
  const page = await testedPage();
  expect(page.platform.profileStored.get('troubleShootReport')).toContain('browserVersion');
  for (let round = 0; round < 1_500; round++) page.phone.stopMicDiagnosticsTest('yes');
  await settle();
  const kept = page.platform.profileStored.get('troubleShootReport') ?? '';
  expect(kept.length).toBeLessThanOrEqual(65_536);
  expect(kept.length).toBeGreaterThan(60_000);
  expect(kept).toMatch(/^\[/);
  const full = await makePage();
  Object.defineProperty(full.platform, 'profileStorage', {
    get: () => ({
      getItem: () => null,
      setItem() {
        throw new Error('QuotaExceededError');
      },
      removeItem() {},
    }),
  });
  const phone = new ExotelWebClient(full.platform);
  const reports: string[] = [];
  phone.initDiagnostics(
    (_status, report) => reports.push(report),
    () => {
      throw new Error('the page');
    },
  );
  await expect.poll(() => reports.length).toBe(3);
  phone.downloadDiagnosticsReport();
  await expect
    .poll(() => full.platform.savedFiles)
    .toEqual([{ name: 'webrtc_sdk_diagnostics_2026-01-01.txt', text: reports.at(-1) }]);
});

it('[SDK-D2] the report holds no secret', () => {
  expect(withoutSecrets('wss://user:pw@host:443/wss?token=abc')).toBe('wss://host:443/wss?…');
  expect(withoutSecrets('credential="abc=" password: x, secret=y')).toBe(
    'credential=[redacted]" password: [redacted], secret=[redacted]',
  );
});
