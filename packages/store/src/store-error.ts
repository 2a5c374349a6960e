import { IntermixError } from '@intermix/kernel';

export type StoreErrorCode =
  | 'ERR_STORE_IN_USE'
  | 'ERR_STORE_UNREACHABLE'
  | 'ERR_STORE_VERSION'
  | 'ERR_STORE_SECRET_KEY'
  | 'ERR_STORE_STOPPED'
  | 'ERR_STORE_NOT_FOUND'
  | 'ERR_STORE_CURSOR'
  | 'ERR_STORE_TRANSFER'
  | 'ERR_STORE_FAILED';

/** Something is wrong with the database, its folder or its key; the message is for the operator. */
export class StoreError extends IntermixError {
  private constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  static inUse(folder: string, pid: number | undefined): StoreError {
    const owner = pid === undefined ? 'another process' : `process ${pid}`;
    return new StoreError(
      'ERR_STORE_IN_USE',
      `The data folder ${folder} is in use by ${owner}. Stop it, or choose another folder with INTERMIX_DATA_DIR.`,
    );
  }

  static unreachable(where: string, cause: unknown): StoreError {
    return new StoreError(
      'ERR_STORE_UNREACHABLE',
      `The database at ${where} cannot be reached: ${reasonOf(cause)}. Check INTERMIX_DATABASE_URL and that PostgreSQL is running.`,
      { cause },
    );
  }

  static serverTooOld(version: string): StoreError {
    return new StoreError(
      'ERR_STORE_VERSION',
      `The database server is PostgreSQL ${version}; Intermix needs version 15 or newer.`,
    );
  }

  static folderVersion(folder: string, found: string, expected: string): StoreError {
    return new StoreError(
      'ERR_STORE_VERSION',
      `The folder ${folder} was written by embedded PostgreSQL ${found}; this release of Intermix reads version ${expected}. Export it with the release that wrote it (intermix export), move the folder away, and import it here (intermix import).`,
    );
  }

  static schemaTooNew(cause: unknown): StoreError {
    return new StoreError(
      'ERR_STORE_VERSION',
      'The database was written by a newer release of Intermix. Start that release, or a newer one.',
      { cause },
    );
  }

  static secretKey(path: string, problem: string): StoreError {
    return new StoreError(
      'ERR_STORE_SECRET_KEY',
      `The key file ${path} ${problem}. Put back the key that belongs to this database.`,
    );
  }

  static wrongKey(dataDir: string): StoreError {
    return StoreError.secretKey(`${dataDir}/secret.key`, 'is not the one with which this database was encrypted');
  }

  /** The key file is missing, damaged or another database's; `message` says what to copy. */
  static transferKey(message: string, cause: unknown): StoreError {
    return new StoreError('ERR_STORE_SECRET_KEY', message, { cause });
  }

  static undecryptable(): StoreError {
    return new StoreError('ERR_STORE_SECRET_KEY', 'A stored secret does not decrypt with the key of this data folder.');
  }

  static stopped(cause?: unknown): StoreError {
    return new StoreError('ERR_STORE_STOPPED', `The embedded database stopped: ${reasonOf(cause)}.`, { cause });
  }

  static notFound(what: string): StoreError {
    return new StoreError('ERR_STORE_NOT_FOUND', `There is no such ${what}.`);
  }

  static badCursor(): StoreError {
    return new StoreError('ERR_STORE_CURSOR', 'The cursor is not one that a list returned.');
  }

  /** An export cannot be made or imported; nothing was changed. */
  static transfer(message: string): StoreError {
    return new StoreError('ERR_STORE_TRANSFER', message);
  }

  static failed(what: string, cause: unknown): StoreError {
    return new StoreError('ERR_STORE_FAILED', `${what}: ${reasonOf(cause)}.`, { cause });
  }
}

/** A write that would break a rule between rows. `field` is the contract's name of the field to change. */
export class StoreConflictError extends IntermixError {
  readonly code = 'ERR_STORE_CONFLICT';

  constructor(
    readonly field: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** First line of an error's message, without its full stop. A failed connection to several addresses has none of its own. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') return reasonOf(cause.errors[0]);
  const text = cause instanceof Error ? cause.message : String(cause ?? 'no reason given');
  return (text.split('\n')[0] ?? '').replace(/\.$/, '');
}

/** Fields of an error of the PostgreSQL server. */
interface ServerError {
  code: string;
  constraint?: string;
}

/** The error as the server's, when its SQLSTATE is one of `codes`. */
export function sqlState(error: unknown, ...codes: string[]): ServerError | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return codes.includes(error.code) ? (error as unknown as ServerError) : undefined;
}

export const uniqueViolation = '23505';
export const foreignKeyViolation = '23503';
export const checkViolation = '23514';
