import Type, { type Static } from 'typebox';
import type { AnyApplet } from '../applets/applet-kind.js';
import { appletKinds } from '../applets/applet-kinds.js';
import { AppletKey, closed, Id } from './fields.js';

/** Applets of one flow; steps of a call are bounded anyway. */
export const maxApplets = 200;
/** Of a document, as JSON. */
export const maxDocumentBytes = 200_000;

const head = {
  name: Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\x00-\\x1f\\x7f]+$' }),
  app_id: Type.Optional(Id),
  start: AppletKey,
  variables: Type.Optional(
    Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' }), Type.String({ maxLength: 1024 }), {
      maxProperties: 50,
    }),
  ),
};

/** The document without a look into its applets: each is looked at by its own type, whose errors say more. */
export const FlowShell = Type.Object(
  { ...head, applets: Type.Record(AppletKey, Type.Object({ type: Type.String({ maxLength: 64 }) })) },
  closed,
);

/** A flow: applets by their keys, and the one that a call starts with. */
export interface FlowDocument extends Omit<Static<typeof FlowShell>, 'applets'> {
  applets: Record<string, AnyApplet>;
}

/** The JSON Schema of a whole document, for editors and for the API's own description. */
export const flowSchema = Type.Object(
  {
    ...head,
    applets: Type.Record(AppletKey, Type.Union(appletKinds.map(({ schema }) => schema)), { minProperties: 1 }),
  },
  { ...closed, title: 'Intermix flow', description: 'What a call does when no person is named' },
);
