export type LogFields = Record<string, unknown>;

/** The shape of our log lines; pino satisfies it. Bind call and leg ids once with `child`. */
export interface Logger {
  error(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  child(bindings: LogFields): Logger;
}

/** Drops everything. The default of pure code, and of tests. */
export const silentLogger: Logger = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  child: () => silentLogger,
};
