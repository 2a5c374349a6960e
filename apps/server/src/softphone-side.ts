import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { type ApiDeps, ApiError, type SoftphoneDemo } from '@intermix/api';
import type { Did } from '@intermix/calls';
import { simulatedNumbers } from '@intermix/simulator';
import type { Store } from '@intermix/store';
import { readBootstrap } from './bootstrap/bootstrap-file.js';
import type { SimulatedNetwork } from './simulated-network.js';

export interface SoftphoneSideOptions {
  dataDir: string;
  isLocalOnly: boolean;
  store: Store;
  simulated: SimulatedNetwork;
}

/** What the softphone page asks of the server: the demo agents, and a call from the simulated network. */
export function softphoneSide(options: SoftphoneSideOptions): ApiDeps['softphone'] {
  const { dataDir, isLocalOnly, store, simulated } = options;
  const demo = async (): Promise<SoftphoneDemo | undefined> => {
    const bootstrap = readBootstrap(dataDir);
    if (bootstrap === undefined) return undefined;
    return {
      agents: bootstrap.users,
      exophones: bootstrap.exophones,
      simulated_numbers: simulatedNumbers,
      simulated_pstn: simulated.running !== undefined,
    };
  };
  return {
    pageFolder: dirname(createRequire(import.meta.url).resolve('@intermix/softphone/public/index.html')),
    isLocalOnly,
    demo,
    async callMe(userId) {
      if (simulated.running === undefined) throw ApiError.unavailable('The simulated telephone network is off.');
      const account = readBootstrap(dataDir)?.account.sid;
      const dids = account === undefined ? [] : await store.carriers.listDids(account);
      const to = numberThatRings(dids, userId);
      if (to === undefined) throw ApiError.notFound('number that rings this agent');
      const call = await simulated.running.placeCall({ to });
      return { id: call.snapshot().id, to };
    },
  };
}

/** Rather the number of this agent alone than one that rings others too. */
function numberThatRings(dids: readonly Did[], userId: string): string | undefined {
  const own = dids.find(({ target }) => target?.type === 'user' && target.userId === userId);
  const shared = dids.find(({ target }) => target?.type === 'users' && target.userIds.includes(userId));
  return (own ?? shared)?.number;
}
