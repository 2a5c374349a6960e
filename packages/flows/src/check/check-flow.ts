import { appletKindOf, appletKinds } from '../applets/applet-kinds.js';
import { type FlowDocument, FlowShell, maxApplets, maxDocumentBytes } from '../document/flow-document.js';
import { FlowError } from '../flow-error.js';
import type { FlowFacts } from '../ports/flow-facts.js';
import type { FlowProblem } from './flow-problem.js';
import { outsideProblems, type PlacedNeed } from './outside-needs.js';
import { schemaProblems } from './schema-problems.js';
import { textProblems } from './text-problems.js';
import { brokenWays, endlessLoops, unreachable, type Ways } from './ways.js';

/** More than an author reads at once. */
const maxProblems = 100;

/**
 * Everything that is wrong with a document, in the order of its places; empty: it may be kept and run. What is outside the
 * document is looked at only when its own form is right.
 */
export async function checkFlow(
  document: unknown,
  of: { accountSid: string; facts: FlowFacts },
): Promise<FlowProblem[]> {
  const form = formProblems(document);
  if (form.length > 0) return form.slice(0, maxProblems);
  const flow = document as FlowDocument;
  return outsideProblems(needsOf(flow), { ...of, appId: flow.app_id, maxProblems });
}

/** The document, typed. Throws FlowError when its form is wrong; what is outside of it is not looked at. */
export function parseFlow(document: unknown): FlowDocument {
  const problems = formProblems(document);
  if (problems.length > 0) throw new FlowError(problems);
  return document as FlowDocument;
}

function formProblems(document: unknown): FlowProblem[] {
  const size = octetsOf(document);
  if (size === undefined)
    return [{ path: '', code: 'too-large', message: 'The document is nested deeper than any flow.' }];
  if (size > maxDocumentBytes)
    return [
      { path: '', code: 'too-large', message: `The document has ${size} octets; ${maxDocumentBytes} are allowed.` },
    ];
  const texts = textProblems(document);
  if (texts.length > 0) return texts;
  const shell = schemaProblems(FlowShell, document, '');
  if (shell.length > 0) return shell;
  const flow = document as FlowDocument;
  const count = Object.keys(flow.applets).length;
  if (count > maxApplets)
    return [{ path: 'applets', code: 'too-large', message: `There are ${count}; ${maxApplets} are allowed.` }];
  const applets = Object.keys(flow.applets).flatMap((key) => appletProblems(flow, key));
  return applets.length > 0 ? applets : wayProblems(flow);
}

/** Undefined when it cannot be written: it is nested too deeply for that. */
function octetsOf(document: unknown): number | undefined {
  try {
    return Buffer.byteLength(JSON.stringify(document) ?? '');
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function appletProblems({ applets }: FlowDocument, key: string): FlowProblem[] {
  const path = `applets.${key}`;
  const applet = applets[key] as FlowDocument['applets'][string];
  const kind = appletKindOf(applet.type);
  if (kind === undefined) {
    const known = appletKinds.map(({ type }) => type).join(', ');
    return [{ path: `${path}.type`, code: 'bad-field', message: `"${applet.type}" is none of ${known}.` }];
  }
  const form = schemaProblems(kind.schema, applet, path);
  if (form.length > 0) return form;
  return kind.faults(applet).map(({ at, message }) => ({ path: `${path}.${at}`, code: 'bad-field', message }));
}

function wayProblems(flow: FlowDocument): FlowProblem[] {
  const ways: Ways = new Map(
    Object.entries(flow.applets).map(([key, applet]) => [key, appletKindOf(applet.type)?.exits(applet) ?? []]),
  );
  if (!ways.has(flow.start))
    return [{ path: 'start', code: 'unknown-target', message: `The flow has no applet "${flow.start}".` }];
  return [...brokenWays(ways), ...unreachable(ways, flow.start), ...endlessLoops(ways)];
}

function needsOf({ applets }: FlowDocument): PlacedNeed[] {
  return Object.entries(applets).flatMap(([key, applet]) => {
    const needs = appletKindOf(applet.type)?.needs(applet) ?? [];
    return needs.map((need) => ({ ...need, path: `applets.${key}.${need.at}` }));
  });
}
