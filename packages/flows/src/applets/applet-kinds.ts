import type { AppletKind } from './applet-kind.js';
import { connect } from './connect.js';
import { gather } from './gather.js';
import { greeting } from './greeting.js';
import { hangup } from './hangup.js';
import { passthru } from './passthru.js';
import { record } from './record.js';
import { stream } from './stream.js';
import { transfer } from './transfer.js';
import { voicebot } from './voicebot.js';

const kinds: readonly AppletKind[] = [
  ...[greeting, gather, connect, voicebot, stream, passthru, record, transfer, hangup],
] as readonly AppletKind[];

const byType = new Map(kinds.map((kind) => [kind.type, kind]));

/** Every type of applet, in the order in which the guide explains them. */
export const appletKinds = kinds;

export function appletKindOf(type: string): AppletKind | undefined {
  return byType.get(type);
}
