import { type Clock, type Logger, type Random, systemRandom } from '@intermix/kernel';
import type { RecordingService } from '@intermix/recordings';
import type { DeliveryLog, EventFeed, SigningSecrets } from '@intermix/webhooks';
import type { AccessTokens } from '../auth/access-tokens.js';
import { AccountAuth } from './auth/administrator.js';
import { IntegrationAuth } from './auth/integration-auth.js';
import { TokenIssuer } from './auth/token-issuer.js';
import type {
  AccountDirectory,
  AppSettingsStore,
  AppStore,
  CallArchive,
  ContactStore,
  CustomerStore,
  MappedUserStore,
  NotificationTrigger,
  NumberDirectory,
  Telephony,
  TokenStore,
  UrlRule,
} from './ports.js';
import { AccountCheck } from './services/account-check.js';
import { CallRecordService } from './services/call-record-service.js';
import { CallService } from './services/call-service.js';
import { ContactService } from './services/contact-service.js';
import { SessionService } from './services/session-service.js';
import { SettingsService } from './services/settings-service.js';
import { TenantService } from './services/tenant-service.js';
import { UserService } from './services/user-service.js';

/** The world of the integrations API. */
export interface IntegrationDeps {
  tokens: TokenStore;
  customers: CustomerStore;
  apps: AppStore;
  settings: AppSettingsStore;
  users: MappedUserStore;
  contacts: ContactStore;
  callArchive: CallArchive;
  deliveries: Pick<DeliveryLog, 'ofCall'>;
  /** Recordings of calls, and addresses of theirs. */
  recordings: Pick<RecordingService, 'ofCalls' | 'urls'>;
  feed: EventFeed;
  signingSecrets: SigningSecrets;
  accounts: AccountDirectory;
  numbers: NumberDirectory;
  telephony: Telephony;
  notifications: NotificationTrigger;
  /** Which URLs of customers may be opened, by their text. */
  urlRule: UrlRule;
  /** Web origins whose pages may call the API: any (`*`), or these. */
  origins: '*' | readonly string[];
  /** What follows the account's sid and a dot in the SIP domain of its users. */
  sipDomain: string;
  random?: Random;
}

/** What the routes of both generations are made of. */
export interface IntegrationParts {
  deps: IntegrationDeps;
  clock: Clock;
  random: Random;
  logger: Logger;
  auth: IntegrationAuth;
  accountAuth: AccountAuth;
  issuer: TokenIssuer;
  accountCheck: AccountCheck;
  tenants: TenantService;
  settings: SettingsService;
  users: UserService;
  calls: CallService;
  sessions: SessionService;
  contacts: ContactService;
  callRecords: CallRecordService;
}

export function makeParts(
  deps: IntegrationDeps,
  common: { clock: Clock; logger: Logger; adminTokens: AccessTokens },
): IntegrationParts {
  const { clock, logger, adminTokens } = common;
  const random = deps.random ?? systemRandom;
  return {
    deps,
    clock,
    random,
    logger,
    auth: new IntegrationAuth({ tokens: deps.tokens, clock }),
    accountAuth: new AccountAuth({ accounts: deps.accounts, adminTokens, clock }),
    issuer: new TokenIssuer({ ...deps, clock, random }),
    accountCheck: new AccountCheck({ accounts: deps.accounts, clock }),
    tenants: new TenantService({ ...deps, random }),
    settings: new SettingsService(deps),
    users: new UserService({ ...deps, random }),
    calls: new CallService(deps),
    sessions: new SessionService(deps),
    contacts: new ContactService(deps),
    callRecords: new CallRecordService({ ...deps, clock }),
  };
}
