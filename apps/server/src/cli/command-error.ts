import { IntermixError } from '@intermix/kernel';

/** A command was called wrongly, or its file cannot be used. The message is a sentence with the cure. */
export class CommandError extends IntermixError {
  readonly code = 'ERR_COMMAND';

  static usage(text: string): CommandError {
    return new CommandError(text);
  }

  static file(path: string, doing: 'read' | 'written', cause: unknown): CommandError {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const message = cause instanceof Error ? cause.message : String(cause);
    const problems: Record<string, string> = {
      EEXIST: 'exists already; give another name',
      ENOENT: doing === 'read' ? 'does not exist' : 'lies in a folder that does not exist',
      EACCES: `may not be ${doing}`,
    };
    return new CommandError(`The file ${path} ${problems[code] ?? `cannot be ${doing}: ${message}`}.`, { cause });
  }
}
