import { type RawBuilder, sql } from 'kysely';

/**
 * What a process left open: `own` is what this server's last process left, and what belongs to nobody; `gone` what servers left
 * that have not been there for ten minutes. What another server has that is there is neither.
 */
export type LeftBy = 'own' | 'gone';

/** A server that has not said for so long that it is there has died, or is cut off from the database and can keep no call. */
export const goneAfterMin = 10;

/** Condition on the owner of a row. `owner`: the column; `server`: the parameter that names this server, NULL when it has no name. */
export function leftOpenSql(left: LeftBy, owner: string, server: string): string {
  if (left === 'own') return `(${owner} IS NULL OR ${owner} = ${server}::text)`;
  return `(${owner} IS NOT NULL AND ${owner} IS DISTINCT FROM ${server}::text AND NOT EXISTS (
    SELECT 1 FROM servers s WHERE s.id = ${owner} AND s.seen_at > now() - interval '${goneAfterMin} minutes'))`;
}

/** The same for a query of Kysely's. */
export function isLeftOpen(left: LeftBy, owner: string, server: string | undefined): RawBuilder<boolean> {
  const [before = '', after = ''] = leftOpenSql(left, owner, '$').split('$');
  return sql<boolean>`${sql.raw(before)}${server ?? null}${sql.raw(after)}`;
}
