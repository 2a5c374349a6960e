import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApi } from '@intermix/api';
import { exotelPath, websocketUrlOf } from '@intermix/bots';
import { createSwitchboard, type Switchboard } from '@intermix/calls';
import { hex, type Logger, systemClock, systemRandom } from '@intermix/kernel';
import { type MediaEngine, MediaError } from '@intermix/media';
import { createEmbeddedEngine } from '@intermix/media/embedded';
import { DeviceControl, folderOwner } from '@intermix/recordings';
import { openStore, type Store } from '@intermix/store';
import { ActiveStreams } from '@intermix/streaming';
import { addressesOf, isWildcard } from './addresses.js';
import { banner } from './banner.js';
import { simulatedPrefixes } from './bootstrap/demo-people.js';
import { firstRun } from './bootstrap/first-run.js';
import { botsSide } from './bots-side.js';
import { isLocalOnly as reachedLocallyOnly } from './config/read-config.js';
import type { Config } from './config/settings.js';
import { exotelSide } from './exotel-side.js';
import { flowsSide } from './flows-side.js';
import { listenHttp } from './http/listen.js';
import { routeUpgrades } from './http/upgrade-router.js';
import { integrationsSide, urlRule } from './integrations-side.js';
import { meterBots } from './metrics/bot-metrics.js';
import { Metrics } from './metrics/metrics.js';
import { meterWebhooks } from './metrics/webhook-metrics.js';
import { recordCalls, recordingsSide } from './recordings-side.js';
import { ServerPresence } from './server-presence.js';
import { SimulatedNetwork } from './simulated-network.js';
import { createSipSide, type SipSide } from './sip/sip-side.js';
import { softphoneSide } from './softphone-side.js';
import { speechSide } from './speech-side.js';
import { StartError } from './start-error.js';
import { streamingSide } from './streaming-side.js';
import { iceServersSide } from './stun-side.js';
import { Teardown } from './teardown.js';
import { readTlsFiles } from './tls-files.js';
import { version } from './version.js';
import { voiceSide } from './voice-side.js';
import { webhooksSide } from './webhooks-side.js';

export interface RunningServer {
  /** What to print once it is ready. */
  readonly banner: string;
  /** Ends calls with BYE, flushes rows, closes everything. May be called once. */
  stop(): Promise<void>;
}

/** Exotel's own SIP domain: SDKs that were made for it build `<account_sid>.voip.exotel.com`. */
const exotelDomain = 'voip.exotel.com';
const clock = systemClock;
const random = systemRandom;

/**
 * Builds the parts, joins them and starts them. Rejects with an IntermixError whose message is a sentence for the
 * operator; whatever was started until then is stopped again.
 */
export async function startServer(config: Config, logger: Logger): Promise<RunningServer> {
  const teardown = new Teardown(logger);
  try {
    return await start(config, logger, teardown);
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

async function start(config: Config, logger: Logger, teardown: Teardown): Promise<RunningServer> {
  const dataDir = resolve(config.dataDir);
  const tls = readTlsFiles(config);
  const addresses = addressesOf(config);
  const isLocalOnly = reachedLocallyOnly(config);

  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const owner = folderOwner(join(dataDir, 'recordings'), random);
  const { databaseUrl, auditRetentionDays, botCallRetentionDays } = config;
  const store = await openStore({
    ...{ dataDir, databaseUrl, owner, auditRetentionDays, botCallRetentionDays },
    ...{ logger, clock, onFatal: exitForRestart },
  });
  teardown.add('store', () => store.close());
  const allowPrivate = config.allowPrivateUrls === 'auto' ? isLocalOnly : config.allowPrivateUrls === 'on';
  const recordings = await recordingsSide({
    ...{ store, dataDir, owner, config, clock, random, logger, baseUrl: config.publicUrl ?? addresses.http_url },
    ...{ switchboard: () => switchboard, notices: () => webhooks.recordingNotices },
  });
  const hasRecording = (callSid: string) => recordings.hasRecording(callSid);
  const recordingUrlOf = (callSid: string) => recordings.urlOfCall(callSid);
  const webhooks = webhooksSide({ store, allowPrivate, version, hasRecording, recordingUrlOf, clock, logger });
  teardown.add('webhooks', () => webhooks.stop());
  const speech = speechSide({ store, dataDir, allowPrivate, config, clock, logger });
  teardown.add('speech', () => speech.stop());
  const streams = new ActiveStreams({ limit: config.streamsPerAccount });
  const bots = botsSide({
    ...{ store, streams, prompts: speech.files, allowPrivate, maxSessions: config.botSessions, clock, random, logger },
    apiKey: (accountSid, provider) => exotel.settings.apiKey(accountSid, provider),
    trustedProxies: config.trustedProxies,
    streamUrlOf: async (accountSid, botId) =>
      websocketUrlOf((await exotel.api.botAddresses.baseOf(accountSid)) ?? addresses.http_url, botId),
    fleet: () => exotel.fleet,
    ownUrl: config.publicUrl,
  });
  const flows = flowsSide({
    ...{
      store,
      prompts: speech.files,
      streams,
      openBotStream: bots.openStream,
      recorder: () => recordings,
      allowPrivate,
      clock,
      logger,
    },
  });
  teardown.add('flows', () => flows.stop());
  await recordings.load(); // Before its calls are told of: with them goes whether they have a recording.
  const closed = await webhooks.calls.failOpenCalls(new Date(clock.now()));
  if (closed > 0) logger.warn({ calls: closed }, 'calls that were open when the server died are closed as failed');
  const closeCallsOfGone = async (at: Date) => {
    const gone = await webhooks.calls.failOpenCalls(at, 'gone');
    if (gone > 0) logger.warn({ calls: gone }, 'calls of servers that are gone are closed as failed');
  };
  const firstStart = await firstRun({ store, dataDir, sipDomain: config.sipDomain, addresses, random });

  const media = createEmbeddedEngine({
    announcedAddress: config.mediaAddress,
    webrtcPort: config.webrtcPort,
    rtpPortMin: config.rtpPortMin,
    rtpPortMax: config.rtpPortMax,
    childPath: fileURLToPath(new URL('./media-child.js', import.meta.url)),
    logger,
  });
  const { sipHost: host, sipPort: port, sipsPort, allowedOrigins, mediaAddress: publicHost } = config;
  const { websocketProofSec, sipT1Ms: t1Ms } = config;
  const common = { clock, random, logger };
  const sip = createSipSide({
    ...{ host, port, sipsPort, tls, publicHost, allowedOrigins, isLocalOnly, websocketProofSec, t1Ms, version },
    ...common,
  });
  const peer = { host: isWildcard(host) ? '127.0.0.1' : host, port };
  const simulated = new SimulatedNetwork({ mode: config.simulatedPstn, carriers: store.carriers, peer, ...common });
  const iceServers = await iceServersSide({ config, clock, logger, teardown });
  const switchboard = createSwitchboard({
    endpoint: sip.endpoint,
    media,
    users: store.users,
    carriers: store.carriers,
    calls: webhooks.calls,
    programs: {
      find: (accountSid, target) => (target.type === 'bot' ? bots : flows).programs.find(accountSid, target),
    },
    recordingControl: new DeviceControl({ recordings, settings: store.recordingSettings, logger }),
    resolver: sip.resolver,
    simulatedAddress: () => simulated.address,
    sessionKey: await keyOf(store, 'sip-session-key'),
    onProved: (flow) => sip.webSocket.markAuthenticated(flow),
    ...common,
    config: {
      domains: [config.sipDomain, exotelDomain],
      algorithms: ['MD5', 'SHA-256'],
      ...{ simulatedPrefixes, iceServers },
    },
  });
  streamingSide({
    ...{ calls: switchboard.switch, records: webhooks.calls, settings: store.appSettings, streams, allowPrivate },
    ...common,
  });
  const voice = voiceSide({
    ...{ store, switchboard, clock, random, logger, prompts: speech.files, statusCallbacks: webhooks.statusCallbacks },
    ...{ flows: flows.programs, openStream: flows.openStream },
    streams,
    recordings,
    urlRule: urlRule(webhooks.urls),
  });
  const exotel = exotelSide({
    ...{ store, allowPrivate, publicUrl: config.publicUrl, clock, random },
    knowsBot: async (accountSid, botId) => (await store.bots.find(accountSid, botId)) !== undefined,
    capacity: bots.capacity,
  });
  teardown.add('exotel', () => exotel.stop());
  const metrics = meter({ switchboard, media, sip });
  meterBots(metrics.registers, { ...bots.counts, capacity: bots.capacity });
  meterWebhooks(metrics.registers, webhooks, store.webhooks.outbox);
  let isSipReady = false;
  const api = await createApi({
    logger,
    clock,
    version,
    ...(tls ? { tls } : {}),
    ...(config.trustedProxies ? { trustedProxies: config.trustedProxies } : {}),
    tokenKey: await keyOf(store, 'access-token-key'),
    admins: store.admins,
    sessions: store.adminSessions,
    audit: store.audit,
    carriers: store.carriers,
    calls: store.calls,
    deliveries: webhooks.deliveries,
    prompts: speech.library,
    recordings: { recordings, settings: store.recordingSettings },
    flows: flows.api,
    ...exotel.api,
    bots: {
      ...{ bots: store.bots, calls: store.botCalls, coreSecret: config.coreSecret },
      onDeleted: bots.deleted,
      recordingUrlsOf: (accountSid, callSids) => recordings.urlsOf(accountSid, callSids),
    },
    simulator: () => simulated.running,
    voice: voice.deps,
    integrations: integrationsSide({
      ...{ store, switchboard, webhooks, recordings, prompts: speech.files, config },
      ...common,
    }),
    softphone: softphoneSide({ dataDir, isLocalOnly, store, simulated }),
    sdk: { sdkFolder: dirname(createRequire(import.meta.url).resolve('@intermix/voice-sdk/exotelsdk.js')) },
    readiness: async () => ({ store: await store.healthy(), sip: isSipReady, media: media.ready }),
    metrics: () => metrics.text(),
    async onCarriersChanged() {
      const taken = simulated.refresh().then(() => switchboard.refreshCarriers());
      await taken.catch((error) => logger.error({ err: error }, 'a change of carriers could not be taken over'));
    },
  });
  const presence = new ServerPresence({
    ...{ servers: store.servers, clock, logger },
    sweeps: [closeCallsOfGone, () => voice.tellOfGone(), bots.closeOfGone],
  });
  const upgrade = sip.webSocket.handleUpgrade.bind(sip.webSocket);
  routeUpgrades(api.server, { '/wss': upgrade, '/ws': upgrade, [exotelPath]: bots.ingress.handleUpgrade });

  // Stopped in the opposite order: calls end by BYE while every way to tell it is still open.
  teardown.add('recordings', () => recordings.stop());
  teardown.add('media', () => media.stop());
  teardown.add('http', () => api.close());
  teardown.add('bots', () => bots.stop()); // HTTP waits for the sockets that it handed on.
  teardown.add('sip', () => sip.endpoint.stop());
  teardown.add('simulated network', () => simulated.stop());
  teardown.add('calls', () => switchboard.stop());
  teardown.add('orders', async () => voice.stop());
  teardown.add('presence', () => presence.stop());
  teardown.add('readiness', async () => {
    isSipReady = false;
  });
  recordCalls(recordings, switchboard);
  await presence.start();
  await voice.start();
  await webhooks.start();
  await recordings.start();
  await bots.start();
  await startMedia(media, config);
  await switchboard.start();
  await sip.start();
  await simulated.refresh();
  await switchboard.refreshCarriers();
  isSipReady = true;
  await listenHttp(api, { host: config.httpHost, port: config.httpPort });

  const simulatedPstn = simulated.running !== undefined;
  return {
    banner: banner({ config, httpUrl: addresses.http_url, storeKind: store.kind, firstStart, simulatedPstn }),
    stop: () => teardown.run(),
  };

  function exitForRestart(error: unknown): void {
    logger.error({ err: error }, 'the database is gone: the process ends and should be restarted');
    process.exit(70);
  }
}

async function startMedia(media: MediaEngine, config: Config): Promise<void> {
  try {
    await media.start();
  } catch (error) {
    if (!(error instanceof MediaError) || error.problem !== 'port-in-use') throw error;
    throw StartError.portTaken('INTERMIX_WEBRTC_PORT', config.mediaAddress, config.webrtcPort, error);
  }
}

function meter(parts: { switchboard: Switchboard; media: MediaEngine; sip: SipSide }): Metrics {
  const { switchboard, media, sip } = parts;
  const metrics = new Metrics({
    registeredBindings: () => switchboard.switch.stats.bindings,
    activeCalls: () => switchboard.switch.stats.activeCalls,
    activeLegs: () => switchboard.switch.stats.activeLegs,
    sourcesRefused: () => switchboard.switch.stats.sourcesRefused,
    carrierGuesses: () => switchboard.switch.stats.carrierGuesses,
    registrationsRefused: () => switchboard.switch.stats.registrationsRefused,
    mediaLegs: () => media.counts.legs,
    mediaProcesses: () => media.counts.processes,
    sipTransactions: () => sip.endpoint.counts.clientTransactions + sip.endpoint.counts.serverTransactions,
    sipFlows: () => sip.endpoint.counts.flows,
  });
  switchboard.switch.on('ended', (call) => metrics.callsEnded.inc({ direction: call.direction, result: call.status }));
  sip.endpoint.on('dropped', ({ why }) => metrics.sipDropped.inc({ why }));
  media.on('processLost', () => metrics.mediaProcessesLost.inc());
  return metrics;
}

/** A key of the installation: made at the first start, encrypted at rest, the same on all nodes. */
async function keyOf(store: Store, name: 'access-token-key' | 'sip-session-key'): Promise<Uint8Array> {
  const key = await store.settings.getOrCreate(name, () => hex(random.bytes(32)));
  return new TextEncoder().encode(key);
}
