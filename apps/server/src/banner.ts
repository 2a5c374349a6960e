import type { Bootstrap } from '@intermix/contracts';
import type { Config } from './config/settings.js';

export interface BannerFacts {
  config: Config;
  httpUrl: string;
  storeKind: 'postgres' | 'embedded';
  simulatedPstn: boolean;
  /** Only at the first start: the one time that the password is shown. */
  firstStart: Bootstrap | undefined;
}

/** What `npm start` says when everything is ready. */
export function banner(facts: BannerFacts): string {
  const { config, httpUrl, storeKind, simulatedPstn, firstStart } = facts;
  const lines = [
    '',
    'Intermix is ready.',
    '',
    `  Softphone   ${httpUrl}/softphone`,
    `  API         ${httpUrl}/docs`,
    `  Carriers    sip:${config.sipHost}:${config.sipPort} (UDP, TCP)`,
    `  Telephones  ${simulatedPstn ? 'simulated network: its numbers are on the softphone page' : 'your carriers'}`,
    storeKind === 'embedded' ? `  Database    embedded, single node, in ${config.dataDir}` : '  Database    PostgreSQL',
  ];
  if (firstStart) {
    lines.push(
      '',
      `  Administrator  ${firstStart.admin.email}`,
      `  Password       ${firstStart.admin.password}   (shown once; also in ${config.dataDir}/bootstrap.json)`,
    );
  }
  return `${lines.join('\n')}\n\n`;
}
