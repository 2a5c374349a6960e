import type { FlowFacts, FlowStore, FlowVersion, StoredFlow } from '@intermix/flows';

/** Keeps flows in memory: the port as the store implements it. */
export function memoryFlows(): FlowStore {
  const flows = new Map<string, StoredFlow>();
  const versions = new Map<string, FlowVersion[]>();
  const at = new Date('2026-01-01T00:00:00Z');
  const keep = (flow: StoredFlow): StoredFlow => {
    flows.set(flow.id, flow);
    const { version, document } = flow;
    versions.set(flow.id, [{ version, document, createdAt: at }, ...(versions.get(flow.id) ?? [])]);
    return flow;
  };
  const find = (accountSid: string, id: string) => {
    const flow = flows.get(id);
    return flow?.accountSid === accountSid ? flow : undefined;
  };
  return {
    create: async (accountSid, flow) =>
      keep({ ...flow, id: `flw_${flows.size + 1}`, accountSid, version: 1, createdAt: at, updatedAt: at }),
    update: async (accountSid, id, flow) => {
      const before = find(accountSid, id);
      return before && keep({ ...before, ...flow, version: before.version + 1 });
    },
    find: async (accountSid, id) => find(accountSid, id),
    list: async (accountSid) => [...flows.values()].filter((flow) => flow.accountSid === accountSid),
    versions: async (accountSid, id) => (find(accountSid, id) ? versions.get(id) : undefined),
    delete: async (accountSid, id) => find(accountSid, id) !== undefined && flows.delete(id),
  };
}

/** Account `one` has the user asha of the app crm, and no prompts. */
export const memoryFlowFacts: FlowFacts = {
  hasUser: async (accountSid, appId, userId) => accountSid === 'one' && appId === 'crm' && userId === 'asha',
  hasNumber: async () => false,
  hasPrompt: async () => false,
  hasBot: async () => false,
  whyRefused: () => undefined,
};
