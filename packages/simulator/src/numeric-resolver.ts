import type { ResolvedTarget, Resolver, SipUri } from '@intermix/sip';

const transports = { udp: 'UDP', tcp: 'TCP' } as const;

/** Resolves what needs no name server: the simulated PSTN knows its peers by address. */
export const numericResolver: Resolver = {
  async resolve(uri: SipUri): Promise<ResolvedTarget[]> {
    const protocol = transports[(uri.transport ?? 'udp').toLowerCase() as keyof typeof transports] ?? 'UDP';
    return [{ protocol, address: { host: uri.host, port: uri.port ?? 5060 } }];
  },
};
