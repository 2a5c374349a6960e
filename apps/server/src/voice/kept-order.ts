import type { OrderedTarget, VoiceCallOrder, VoicePrograms } from '@intermix/api';

/** An order as JSON: a program is named instead of held. */
export function keptOrder(order: VoiceCallOrder): string {
  const { target } = order;
  return JSON.stringify({ ...order, target: 'program' in target ? { named: target.named } : target });
}

type KeptOrder = Omit<VoiceCallOrder, 'target'> & {
  target: Exclude<OrderedTarget, { program: unknown }> | Pick<Extract<OrderedTarget, { program: unknown }>, 'named'>;
};

/** The order again; undefined when its flow is not there any more. Throws a SyntaxError on what is no JSON. */
export async function orderOfKept(
  text: string,
  programs: Pick<VoicePrograms, 'findFlow' | 'bot'>,
): Promise<VoiceCallOrder | undefined> {
  const { target, ...order } = JSON.parse(text) as KeptOrder;
  if (!('named' in target)) return { ...order, target };
  const { named } = target;
  const { accountSid, recording, timeLimitSec } = order;
  const program =
    'flowId' in named
      ? await programs.findFlow(accountSid, named.flowId)
      : programs.bot({ stream: named.stream, recording, timeLimitSec });
  return program && { ...order, target: { program, named } };
}
