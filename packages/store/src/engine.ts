import type pg from 'pg';

/** A database behind a `pg.Pool`; nothing above knows which. */
export interface Engine {
  readonly kind: 'postgres' | 'embedded';
  readonly pool: pg.Pool;
  close(): Promise<void>;
}
