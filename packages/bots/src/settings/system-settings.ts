import {
  type AgentAssistUpdate,
  type ApiKeysUpdate,
  type DiallerUpdate,
  type KnowledgeUpdate,
  type MinioUpdate,
  type SystemSettingsRead,
  systemSettingsDefaults,
} from '@intermix/contracts';
import { isTimeZone } from '../gate/active-hours.js';
import { baseUrlOf, type UrlCheck } from './base-url.js';
import { InputError } from './input-error.js';
import { looksMasked, maskedSecret } from './masked-secret.js';
import { emptyDocument, type SystemDocument, type SystemDocuments } from './system-documents.js';

const documentType = 'system';
type Values = Partial<Omit<SystemSettingsRead, 'api_keys' | 'kept_for_others'>>;
const mostApiKeys = 64;
// A secret is kept under its block and its field: `minio.secret_key`.
const keyPrefix = 'api_keys.';
const secretFields = {
  minio: ['access_key', 'secret_key'],
  knowledge: ['vectordb_api_key'],
  agent_assist: [],
} as const;
type Block = keyof typeof secretFields;
/** The field that says where a block's secrets are sent. */
const addressFields: Partial<Record<Block, string>> = { minio: 'endpoint', knowledge: 'vectordb_url' };

/** What the operators of an account have set for the whole platform: one document `{type: "system"}`. */
export class SystemSettings {
  readonly #documents: SystemDocuments;
  readonly #checkUrl: UrlCheck;

  constructor(deps: { documents: SystemDocuments; checkUrl: UrlCheck }) {
    this.#documents = deps.documents;
    this.#checkUrl = deps.checkUrl;
  }

  /** Everything, with secrets masked and defaults for what was never set. */
  async read(accountSid: string): Promise<SystemSettingsRead> {
    return shown(await this.#find(accountSid));
  }

  async displayTimezone(accountSid: string): Promise<string> {
    return settled(await this.#find(accountSid)).display_timezone;
  }

  /** Base addresses of the servers that run bots, without a slash at the end; empty when nobody set them. */
  async coreFleet(accountSid: string): Promise<readonly string[]> {
    return settled(await this.#find(accountSid)).core_fleet;
  }

  /** The key of a provider, in the clear: for whoever calls the provider, never for an answer. */
  async apiKey(accountSid: string, provider: string): Promise<string | undefined> {
    return (await this.#find(accountSid)).secrets[keyPrefix + provider];
  }

  putApiKeys(accountSid: string, update: ApiKeysUpdate): Promise<SystemSettingsRead> {
    return this.#change(accountSid, (before) => {
      const named = Object.entries(update).map(([name, key]) => [keyPrefix + name, key] as const);
      const secrets = withSecrets(before.secrets, named);
      const count = Object.keys(secrets).filter((name) => name.startsWith(keyPrefix)).length;
      if (count > mostApiKeys) throw new InputError('api_keys', `There may be ${mostApiKeys} keys: clear some first.`);
      return { ...before, secrets };
    });
  }

  putMinio(accountSid: string, update: MinioUpdate): Promise<SystemSettingsRead> {
    return this.#putBlock(accountSid, 'minio', update);
  }

  /** Throws InputError for a URL that cannot be asked. */
  async putKnowledge(accountSid: string, update: KnowledgeUpdate): Promise<SystemSettingsRead> {
    const url = update.vectordb_url;
    const checked = url ? { ...update, vectordb_url: baseUrlOf('vectordb_url', url, this.#checkUrl) } : update;
    return this.#putBlock(accountSid, 'knowledge', checked);
  }

  putAgentAssist(accountSid: string, update: AgentAssistUpdate): Promise<SystemSettingsRead> {
    return this.#putBlock(accountSid, 'agent_assist', update);
  }

  putDialler(accountSid: string, update: DiallerUpdate): Promise<SystemSettingsRead> {
    return this.#change(accountSid, (before) => {
      const { amd } = settled(before).dialler;
      return withValues(before, { dialler: { amd: { ...amd, ...update.amd } } });
    });
  }

  async putTimezone(accountSid: string, zone: string): Promise<SystemSettingsRead> {
    if (!isTimeZone(zone)) {
      throw new InputError('display_timezone', `"${zone}" is no time zone: give one such as Asia/Kolkata.`);
    }
    return this.#change(accountSid, (before) => withValues(before, { display_timezone: zone }));
  }

  /** The list as a whole. Addresses that mean the same count once. Throws InputError for one that cannot be asked. */
  async putFleet(accountSid: string, urls: readonly string[]): Promise<SystemSettingsRead> {
    const fleet = urls.map((url, at) => baseUrlOf(`core_fleet.${at}`, url, this.#checkUrl));
    return this.#change(accountSid, (before) => withValues(before, { core_fleet: [...new Set(fleet)] }));
  }

  #putBlock(accountSid: string, block: Block, update: object): Promise<SystemSettingsRead> {
    const secretNames: readonly string[] = secretFields[block];
    const isSecret = ([field]: [string, unknown]) => secretNames.includes(field);
    const given = Object.entries(update).filter(([, value]) => value !== undefined);
    const values = Object.fromEntries(given.filter((entry) => !isSecret(entry)));
    const secrets = given.filter(isSecret).map(([field, secret]) => [`${block}.${field}`, secret as string] as const);
    return this.#change(accountSid, (before) => {
      const after = withValues(before, { [block]: { ...valuesOf(before)[block], ...values } });
      const kept = secretNames.filter((field) => isKept(before.secrets[`${block}.${field}`], update, field));
      if (kept[0] !== undefined && leadsElsewhere(block, before, after))
        throw InputError.secretWouldMove(kept[0], addressFields[block] ?? block);
      return { ...after, secrets: withSecrets(before.secrets, secrets) };
    });
  }

  async #find(accountSid: string): Promise<SystemDocument> {
    return (await this.#documents.find(accountSid, documentType)) ?? emptyDocument;
  }

  async #change(accountSid: string, change: (before: SystemDocument) => SystemDocument): Promise<SystemSettingsRead> {
    return shown(await this.#documents.change(accountSid, documentType, change));
  }
}

function valuesOf(document: SystemDocument): Values {
  return document.values as Values;
}

function withValues(document: SystemDocument, values: Values): SystemDocument {
  return { ...document, values: { ...document.values, ...values } };
}

/** Whether a secret stays as it is: it is not named, or named as we showed it. */
function isKept(secret: string | undefined, update: object, field: string): boolean {
  const given = (update as Record<string, string | undefined>)[field]?.trim();
  return secret !== undefined && (given === undefined || looksMasked(given));
}

/** Whether the block's secrets would be sent to another server, or without the encryption that they had. */
function leadsElsewhere(block: Block, before: SystemDocument, after: SystemDocument): boolean {
  const [was, is] = [settled(before), settled(after)];
  if (block === 'knowledge') return originOf(was.knowledge.vectordb_url) !== originOf(is.knowledge.vectordb_url);
  const endpoint = ({ minio }: SystemSettingsRead) => minio.endpoint.trim().toLowerCase();
  return block === 'minio' && (endpoint(was) !== endpoint(is) || (was.minio.secure && !is.minio.secure));
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

/**
 * An empty text clears. A masked one that is what we showed leaves the secret as it is: pages send back what they were
 * given. Throws InputError for any other text with bullets, which would replace a key by its picture.
 */
function withSecrets(
  before: SystemDocument['secrets'],
  changes: readonly (readonly [name: string, secret: string])[],
): SystemDocument['secrets'] {
  const next: Record<string, string> = { ...before };
  for (const [name, text] of changes) {
    const secret = text.trim();
    if (secret === '') delete next[name];
    else if (!looksMasked(secret)) next[name] = secret;
    else if (secret !== maskedSecret(before[name] ?? '')) {
      throw new InputError(fieldOf(name), `"${fieldOf(name)}" is a masked key: give the key itself, or leave it out.`);
    }
  }
  return next;
}

function fieldOf(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}

/** With defaults; secrets are not in it. */
function settled(document: SystemDocument): SystemSettingsRead {
  const defaults = systemSettingsDefaults;
  const values = valuesOf(document);
  return {
    api_keys: {},
    minio: { ...defaults.minio, ...values.minio },
    agent_assist: { ...defaults.agent_assist, ...values.agent_assist },
    knowledge: { ...defaults.knowledge, ...values.knowledge },
    dialler: { amd: { ...defaults.dialler.amd, ...values.dialler?.amd } },
    core_fleet: values.core_fleet ?? defaults.core_fleet,
    display_timezone: values.display_timezone ?? defaults.display_timezone,
    kept_for_others: defaults.kept_for_others,
  };
}

function shown(document: SystemDocument): SystemSettingsRead {
  const settings = settled(document);
  const keys = Object.entries(document.secrets).filter(([name]) => name.startsWith(keyPrefix));
  const masked = (block: Block) =>
    Object.fromEntries(
      secretFields[block].map((field) => [field, maskedSecret(document.secrets[`${block}.${field}`] ?? '')]),
    );
  return {
    ...settings,
    api_keys: Object.fromEntries(keys.map(([name, key]) => [fieldOf(name), maskedSecret(key)])),
    minio: { ...settings.minio, ...masked('minio') },
    knowledge: { ...settings.knowledge, ...masked('knowledge') },
  };
}
