import Type from 'typebox';
import { AppletKey, closed, Url } from '../document/fields.js';
import { passthruQuery, withQuery } from '../wire/passthru-query.js';
import type { AppletKind } from './applet-kind.js';

const schema = Type.Object(
  {
    type: Type.Literal('passthru'),
    url: Url,
    mode: Type.Optional(Type.Unsafe<'sync' | 'async'>({ type: 'string', enum: ['sync', 'async'] })),
    timeout_ms: Type.Optional(Type.Integer({ minimum: 500, maximum: 30_000 })),
    next: Type.Optional(AppletKey),
    next_200: Type.Optional(AppletKey),
    next_302: Type.Optional(AppletKey),
    next_other: Type.Optional(AppletKey),
  },
  closed,
);

/**
 * Tells a URL about the call (GET). Synchronous: 200 leads to `next_200`, anything else to `next_302`, unless `next_other`
 * takes what is neither 200 nor 302. Asynchronous: the flow goes on at once and the reply is nobody's.
 */
export const passthru: AppletKind<typeof schema> = {
  type: 'passthru',
  schema,
  exits: ({ mode, next, next_200, next_302, next_other }) => {
    if (mode === 'async') return [{ at: 'next', to: next ?? next_200, waits: false }];
    const ways = [
      { at: next_200 ? 'next_200' : 'next', to: next_200 ?? next, waits: false },
      { at: next_302 ? 'next_302' : 'next', to: next_302 ?? next, waits: false },
      ...(next_other === undefined ? [] : [{ at: 'next_other', to: next_other, waits: false }]),
    ];
    return [...new Map(ways.map((way) => [way.at, way])).values()];
  },
  needs: ({ url }) => [{ kind: 'url', at: 'url', url, schemes: ['http', 'https'] }],
  faults: ({ mode, next_302, next_other }) =>
    mode === 'async' && (next_302 ?? next_other) !== undefined
      ? [
          {
            at: next_302 ? 'next_302' : 'next_other',
            message: 'Nobody waits for the reply of an asynchronous passthru.',
          },
        ]
      : [],
  async run({ url, mode = 'sync', timeout_ms: timeoutMs = 10_000, ...ways }, { actions, facts, tell }) {
    const asked = withQuery(url, passthruQuery(facts()));
    if (mode === 'async') {
      actions.tell(asked);
      tell({ result: 'sent' });
      return ways.next ?? ways.next_200;
    }
    const { status, error } = await actions.ask(asked, { timeoutMs });
    tell({ result: status === undefined ? 'no-answer' : `${status}`, ...(error !== undefined && { error }) });
    if (status === 200) return ways.next_200 ?? ways.next;
    if (status === 302) return ways.next_302 ?? ways.next;
    return ways.next_other ?? ways.next_302 ?? ways.next;
  },
  errorWay: ({ next, next_302, next_other }) => next_other ?? next_302 ?? next,
};
