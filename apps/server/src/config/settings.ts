import {
  count,
  host,
  milliseconds,
  networks,
  oneOf,
  port,
  type Reading,
  type Setting,
  seconds,
  secret,
  text,
} from './setting.js';

function setting<T, D extends string | undefined>(entry: Setting<T> & { default: D }): Setting<T> & { default: D } {
  return entry;
}

/** Every setting of the server. docs/reference/config.md is made from this table, and a test holds the two together. */
export const settings = {
  dataDir: setting({
    name: 'INTERMIX_DATA_DIR',
    default: './data',
    meaning: 'Folder for everything that is kept: the embedded database, keys, `bootstrap.json`. Made with mode 0700.',
    ...text(),
  }),
  httpHost: setting({
    name: 'INTERMIX_HTTP_HOST',
    default: '127.0.0.1',
    meaning: 'Address on which REST, pages and SIP over WebSocket listen.',
    ...host(),
  }),
  httpPort: setting({
    name: 'INTERMIX_HTTP_PORT',
    default: '8080',
    meaning: 'Port of REST, pages and SIP over WebSocket (`/wss`, `/ws`).',
    ...port(),
  }),
  trustedProxies: setting({
    name: 'INTERMIX_TRUSTED_PROXIES',
    default: undefined,
    meaning:
      'Reverse proxies in front of HTTP, as they reach us: of their requests, the source address is what `X-Forwarded-For` says, and limits count by it. When it is set, every `auto` takes it that others can reach the server, also while it listens on loopback.',
    ...networks(),
  }),
  tlsCertFile: setting({
    name: 'INTERMIX_TLS_CERT_FILE',
    default: undefined,
    meaning: 'PEM certificate chain: HTTPS and WSS on the HTTP port, and SIP over TLS. Needs the key file too.',
    ...text(),
  }),
  tlsKeyFile: setting({
    name: 'INTERMIX_TLS_KEY_FILE',
    default: undefined,
    meaning: 'PEM private key of the certificate.',
    ...text(),
  }),
  allowedOrigins: setting({
    name: 'INTERMIX_ALLOWED_ORIGINS',
    default: 'auto',
    meaning:
      'Web origins that may open a SIP WebSocket. `auto`: every origin while HTTP listens on loopback only, without trusted proxies, else the server’s own; `*`: every origin; else a list such as `https://crm.example,https://app.example`. A client without an Origin header is not a browser and is let in.',
    allowed: '`auto`, `*`, or origins separated by commas',
    read(value): Reading<string> {
      if (value === 'auto' || value === '*') return { value };
      const origins = value.split(',').map((origin) => origin.trim());
      const isOrigin = (origin: string) => /^https?:\/\/[^/\s]+$/.test(origin);
      return origins.every(isOrigin) ? { value } : { problem: 'give auto, *, or origins such as https://crm.example' };
    },
  }),
  apiOrigins: setting({
    name: 'INTERMIX_API_ORIGINS',
    default: '*',
    meaning:
      'Web origins whose pages may call `/v2/integrations` (CORS). `*`: every origin; else a list such as `https://crm.example,https://app.example`. No other path can be called from a page of another origin.',
    allowed: '`*`, or origins separated by commas',
    read(value): Reading<'*' | readonly string[]> {
      if (value === '*') return { value };
      const origins = value.split(',').map((origin) => origin.trim().replace(/\/$/, ''));
      const isOrigin = (origin: string) => /^https?:\/\/[^/\s]+$/.test(origin);
      return origins.every(isOrigin)
        ? { value: origins }
        : { problem: 'give *, or origins such as https://crm.example' };
    },
  }),
  websocketProofSec: setting({
    name: 'INTERMIX_WEBSOCKET_PROOF_SEC',
    default: '60',
    meaning:
      'Seconds after which a SIP WebSocket is closed when no user has proved itself over it, by REGISTER or by a call. SDKs register at once.',
    ...seconds(5, 3600),
  }),
  sipHost: setting({
    name: 'INTERMIX_SIP_HOST',
    default: '127.0.0.1',
    meaning: 'Address on which carriers reach us by SIP.',
    ...host(),
  }),
  sipPort: setting({
    name: 'INTERMIX_SIP_PORT',
    default: '5060',
    meaning: 'Port of SIP over UDP and TCP.',
    ...port(),
  }),
  sipsPort: setting({
    name: 'INTERMIX_SIPS_PORT',
    default: undefined,
    meaning: 'Port of SIP over TLS; needs the TLS files. Unset: no TLS listener.',
    ...port(),
  }),
  sipT1Ms: setting({
    name: 'INTERMIX_SIP_T1_MS',
    default: '500',
    meaning:
      'Timer T1 of RFC 3261: the round trip to carriers and telephones that is reckoned with over UDP, milliseconds. A request is repeated after it and given up after 64 times it, for which time a finished transaction is kept too. Less than 500 is for closed networks only.',
    ...milliseconds(50, 2000),
  }),
  sipDomain: setting({
    name: 'INTERMIX_SIP_DOMAIN',
    default: 'intermix.local',
    meaning: 'SIP domain: accounts are `<account_sid>.<domain>`; `<account_sid>.voip.exotel.com` is accepted besides.',
    ...host(),
  }),
  mediaAddress: setting({
    name: 'INTERMIX_MEDIA_ADDRESS',
    default: '127.0.0.1',
    meaning: 'Address announced in SDP: the public one when the server is behind NAT.',
    ...host(),
  }),
  webrtcPort: setting({
    name: 'INTERMIX_WEBRTC_PORT',
    default: '40000',
    meaning: 'UDP port of WebRTC media; media process n listens on this port + n.',
    ...port(),
  }),
  stunPort: setting({
    name: 'INTERMIX_STUN_PORT',
    default: '3478',
    meaning:
      'UDP port on which browsers learn the address they are seen from (STUN), on the media address; 0: none. When it is taken by another program, the server starts without and says so in the log: calls do not need it.',
    ...port({ anyFree: true }),
    allowed: '0–65535',
  }),
  turnUrls: setting({
    name: 'INTERMIX_TURN_URLS',
    default: undefined,
    meaning:
      'TURN servers that browsers are told of when they register, for networks that block UDP. Needs the secret too.',
    allowed: '`turn:host:port`, `turns:host:port`, each perhaps with `?transport=udp` or `tcp`, separated by commas',
    read(value): Reading<readonly string[]> {
      const urls = value.split(',').map((url) => url.trim());
      const isTurn = (url: string) => /^turns?:[A-Za-z0-9._[\]:-]+(\?transport=(udp|tcp))?$/.test(url);
      return urls.length <= 8 && urls.every(isTurn)
        ? { value: urls }
        : { problem: 'give up to eight URLs such as turn:turn.example:3478?transport=udp' };
    },
  }),
  turnSecret: setting({
    name: 'INTERMIX_TURN_SECRET',
    default: undefined,
    meaning:
      'Secret shared with the TURN servers (coturn: `use-auth-secret`, `static-auth-secret`). Each browser gets credentials of its own that expire.',
    ...secret(),
  }),
  turnLifetimeSec: setting({
    name: 'INTERMIX_TURN_LIFETIME_SEC',
    default: '28800',
    meaning: 'Seconds for which a browser’s TURN credentials are good. It gets fresh ones whenever it registers.',
    ...seconds(3600, 86_400),
  }),
  rtpPortMin: setting({
    name: 'INTERMIX_RTP_PORT_MIN',
    default: '30000',
    meaning: 'First UDP port for RTP towards carriers; even ports carry RTP, the next one RTCP.',
    ...port(),
  }),
  rtpPortMax: setting({
    name: 'INTERMIX_RTP_PORT_MAX',
    default: '30999',
    meaning: 'Last UDP port for RTP towards carriers.',
    ...port(),
  }),
  mediaEngine: setting({
    name: 'INTERMIX_MEDIA_ENGINE',
    default: 'embedded',
    meaning: 'Which engine carries audio. This version has `embedded` only: it does not start with `rtpengine`.',
    ...oneOf('embedded', 'rtpengine'),
  }),
  rtpengineUrls: setting({
    name: 'INTERMIX_RTPENGINE_URLS',
    default: undefined,
    meaning: 'Control addresses of rtpengine: `udp:host:port`, separated by commas. Of no effect in this version.',
    allowed: '`udp:host:port,…`',
    read(value): Reading<string> {
      const isUrl = (url: string) => /^udp:[^\s,]+:\d{1,5}$/.test(url);
      return value.split(',').every(isUrl) ? { value } : { problem: 'give addresses such as udp:127.0.0.1:2223' };
    },
  }),
  databaseUrl: setting({
    name: 'INTERMIX_DATABASE_URL',
    default: undefined,
    meaning: 'PostgreSQL 15 or newer. Unset: an embedded database in the data folder, for a single server.',
    isSecret: true,
    allowed: '`postgres://user:password@host:port/database`',
    read(value): Reading<string> {
      const isPostgres = /^postgres(ql)?:\/\/\S+$/.test(value);
      return isPostgres
        ? { value }
        : { problem: 'give a URL such as postgres://user:password@127.0.0.1:5432/intermix' };
    },
  }),
  simulatedPstn: setting({
    name: 'INTERMIX_SIMULATED_PSTN',
    default: 'auto',
    meaning: 'The built-in simulated telephone network. `auto`: on until a carrier is configured.',
    ...oneOf('auto', 'on', 'off'),
  }),
  publicUrl: setting({
    name: 'INTERMIX_PUBLIC_URL',
    default: undefined,
    meaning:
      'Where others reach our HTTP: what addresses that we give away begin with, such as those of recordings, of bots that have no fleet, and for the results of calls. Unset: the address on which HTTP listens.',
    allowed: '`http://host` or `https://host`, perhaps with a port and a path',
    read(value): Reading<string> {
      const isUrl = /^https?:\/\/[^/\s?#]+(\/[^\s?#]*)?$/.test(value);
      return isUrl ? { value: value.replace(/\/+$/, '') } : { problem: 'give a URL such as https://pbx.example' };
    },
  }),
  recordingsS3Bucket: setting({
    name: 'INTERMIX_RECORDINGS_S3_BUCKET',
    default: undefined,
    meaning:
      'Bucket of an S3-compatible store in which recordings are kept; while it does not answer they wait in the data folder. Unset: they are kept in the folder `recordings` of the data folder.',
    ...text(),
  }),
  recordingsS3Endpoint: setting({
    name: 'INTERMIX_RECORDINGS_S3_ENDPOINT',
    default: undefined,
    meaning:
      'URL of the store; unset: Amazon’s own in the region. With it, the bucket stands in the path and not in the host’s name.',
    allowed: '`http://host` or `https://host`, perhaps with a port',
    read(value): Reading<string> {
      const isUrl = /^https?:\/\/[^/\s]+\/?$/.test(value);
      return isUrl ? { value } : { problem: 'give a URL such as https://s3.example:9000' };
    },
  }),
  recordingsS3Region: setting({
    name: 'INTERMIX_RECORDINGS_S3_REGION',
    default: 'us-east-1',
    meaning: 'Region of the bucket.',
    ...text(),
  }),
  recordingsS3Prefix: setting({
    name: 'INTERMIX_RECORDINGS_S3_PREFIX',
    default: undefined,
    meaning: 'What the keys of recordings begin with in the bucket, without a slash at either end.',
    allowed: 'text without a slash at either end',
    read(value): Reading<string> {
      const isPrefix = /^[^/\s]+(\/[^/\s]+)*$/.test(value);
      return isPrefix ? { value } : { problem: 'give a prefix such as intermix/recordings' };
    },
  }),
  recordingsS3KeyId: setting({
    name: 'INTERMIX_RECORDINGS_S3_KEY_ID',
    default: undefined,
    meaning:
      'Access key for the store. Needs the secret too. Unset: as `AWS_…` variables, a profile or the role of the machine say.',
    ...text(),
  }),
  recordingsS3Secret: setting({
    name: 'INTERMIX_RECORDINGS_S3_SECRET',
    default: undefined,
    meaning: 'Secret of the access key.',
    ...secret(),
  }),
  auditRetentionDays: setting({
    name: 'INTERMIX_AUDIT_RETENTION_DAYS',
    default: '365',
    meaning: 'Days for which the audit log (`GET /api/v1/audit`) keeps who changed what.',
    ...count(1, 3650),
  }),
  botCallRetentionDays: setting({
    name: 'INTERMIX_BOT_CALL_RETENTION_DAYS',
    default: '365',
    meaning:
      'Days for which what became of a bot’s call (`GET /api/v1/bot-calls`) is kept, from its start: transcript, events, caller.',
    ...count(1, 3650),
  }),
  allowPrivateUrls: setting({
    name: 'INTERMIX_ALLOW_PRIVATE_URLS',
    default: 'auto',
    meaning:
      'Whether customers’ URLs may name private and loopback addresses. `auto`: yes while HTTP listens on loopback only, without trusted proxies.',
    ...oneOf('auto', 'on', 'off'),
  }),
  streamsPerAccount: setting({
    name: 'INTERMIX_STREAMS_PER_ACCOUNT',
    default: '1000',
    meaning:
      'Streams to bots and receivers that one account may have open at once; one more is told as `Streaming_call_throttled`. `ActiveStreams` of the Voice v1 API tells how many are open.',
    ...count(1, 100_000),
  }),
  botSessions: setting({
    name: 'INTERMIX_BOT_SESSIONS',
    default: '200',
    meaning:
      'Calls that bots of this server may have at the same time; one more is refused with 429. A bot without credentials has half of them at most for who connects from outside.',
    ...count(1, 10_000),
  }),
  coreSecret: setting({
    name: 'INTERMIX_CORE_SECRET',
    default: undefined,
    meaning:
      'Secret that orchestrators of others show as `X-CXBCore-Secret`, for `/api/v1/config/{bot_id}` and `/api/v1/call-results`. It opens the configuration of every account’s bots. Unset: nobody may use these.',
    ...secret(24),
  }),
  ttsEngine: setting({
    name: 'INTERMIX_TTS_ENGINE',
    default: 'auto',
    meaning:
      'What speaks the texts of prompts and flows. `http`: the provider at `INTERMIX_TTS_URL`; `espeak-ng`: the program of that name; `auto`: the provider when its URL is set, else the program when it is installed, else nothing.',
    ...oneOf('auto', 'espeak-ng', 'http', 'off'),
  }),
  ttsUrl: setting({
    name: 'INTERMIX_TTS_URL',
    default: undefined,
    meaning:
      'Base of a speech provider with OpenAI’s interface: texts go to `{base}/audio/speech`. It may lead to a private address.',
    isSecret: true,
    allowed: '`https://host/path`, `http://host/path`',
    read(value): Reading<string> {
      const isUrl = /^https?:\/\/[^\s?#@]+$/.test(value) && URL.canParse(value);
      return isUrl
        ? { value }
        : { problem: 'give the base of the provider, such as https://api.openai.com/v1, without user and query' };
    },
  }),
  ttsKey: setting({
    name: 'INTERMIX_TTS_KEY',
    default: undefined,
    meaning: 'Key of the speech provider, sent as a bearer token. Neither logged nor kept.',
    ...secret(),
  }),
  ttsModel: setting({
    name: 'INTERMIX_TTS_MODEL',
    default: 'gpt-4o-mini-tts',
    meaning: 'Model of the speech provider.',
    ...text(),
  }),
  ttsVoice: setting({
    name: 'INTERMIX_TTS_VOICE',
    default: undefined,
    meaning: 'Voice where none is asked for. Unset: `alloy` of a provider, `en` of espeak-ng.',
    ...text(),
  }),
  logLevel: setting({
    name: 'INTERMIX_LOG_LEVEL',
    default: 'info',
    meaning: 'Least important log line that is written.',
    ...oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  }),
};

type SettingTable = typeof settings;
type ValueOf<S> = S extends Setting<infer T> ? (S extends { default: string } ? T : T | undefined) : never;

/** All settings with their values, frozen. */
export type Config = { readonly [K in keyof SettingTable]: ValueOf<SettingTable[K]> };
