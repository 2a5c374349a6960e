import {
  BotAddresses,
  type BotWorkerLoad,
  ExotelIntegration,
  emptyDocument,
  Fleet,
  type SystemDocument,
  SystemSettings,
} from '@intermix/bots';
import type { ApiDeps } from '../app.js';

type Answer = { status: number; headers: Record<string, string>; body: Buffer; cutOff: boolean };

export interface MemoryExotel {
  deps: Pick<ApiDeps, 'exotel' | 'settings' | 'fleet' | 'botAddresses'>;
  /** What was sent to Exotel's API. */
  sent: { url: string; body: string; headers: Readonly<Record<string, string>> }[];
  /** What whoever is asked answers. */
  answer: { status: number; body: string };
  /** What asking fails with, while it is set. */
  fails: { with: Error | undefined };
  workers: BotWorkerLoad[];
  /** Forgets what was set and sent, and answers as at first. */
  reset(): void;
}

/** The Exotel integration, settings and fleet over documents in memory, and a client that answers as it is told. */
export function memoryExotel({ publicUrl }: { publicUrl?: string | undefined } = {}): MemoryExotel {
  const documents = new Map<string, SystemDocument>();
  const sent: MemoryExotel['sent'] = [];
  const workers: BotWorkerLoad[] = [{ id: '1', calls: 1, max: 4, pid: 11 }];
  const first = { status: 200, body: '{"Call":{"Sid":"abc123","Status":"in-progress"}}' };
  const answer = { ...first };
  const fails: MemoryExotel['fails'] = { with: undefined };
  const answered = async (): Promise<Answer> => {
    if (fails.with) throw fails.with;
    return { status: answer.status, headers: {}, body: Buffer.from(answer.body), cutOff: false };
  };
  const client = {
    checkUrl(url: string) {
      if (!/^https?:$/.test(new URL(url).protocol)) throw new Error('not http');
      return { hostPort: new URL(url).host };
    },
    get: answered,
    post: (url: string, request: { body: string | Buffer; headers?: Readonly<Record<string, string>> }) => {
      sent.push({ url, body: String(request.body), headers: request.headers ?? {} });
      return answered();
    },
  };
  const store = {
    find: async (accountSid: string, type: string) => documents.get(`${accountSid} ${type}`),
    async change(accountSid: string, type: string, change: (before: SystemDocument) => SystemDocument) {
      const after = change(documents.get(`${accountSid} ${type}`) ?? emptyDocument);
      documents.set(`${accountSid} ${type}`, after);
      return after;
    },
  };
  const settings = new SystemSettings({ documents: store, checkUrl: (url) => client.checkUrl(url) });
  const botAddresses = new BotAddresses({ fleet: settings, publicUrl });
  const knowsBot = async (accountSid: string, botId: string) => accountSid === 'one' && botId === 'bot_1';
  return {
    deps: {
      exotel: new ExotelIntegration({ documents: store, addresses: botAddresses, client, knowsBot }),
      ...{ settings, botAddresses },
      fleet: {
        fleet: new Fleet({ addresses: settings, client, random: { fraction: () => 0 } }),
        capacity: { workers: () => workers },
      },
    },
    ...{ sent, answer, fails, workers },
    reset() {
      documents.clear();
      sent.length = 0;
      Object.assign(answer, first);
      fails.with = undefined;
    },
  };
}
