import { IntermixError } from '@intermix/kernel';

/** The server could not start for a reason that its operator can mend. */
export class StartError extends IntermixError {
  readonly code = 'ERR_START';

  static unreadableFile(setting: string, path: string, cause: unknown): StartError {
    const why = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : 'unreadable';
    return new StartError(
      `${setting} names ${path}, which cannot be read (${why}): check the path and its permissions.`,
      {
        cause,
      },
    );
  }

  static badCertificate(certFile: string, keyFile: string, cause: unknown): StartError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new StartError(
      `The certificate ${certFile} and the key ${keyFile} cannot be used together (${why}): give PEM files that belong together.`,
      { cause },
    );
  }

  static missingProgram(setting: string, program: string): StartError {
    return new StartError(`${setting} names ${program}, which is not in PATH: install it, or change the setting.`);
  }

  static portTaken(name: string, host: string, port: number, cause: unknown): StartError {
    return new StartError(
      `Port ${port} on ${host} is taken by another program: stop that program, or set ${name} to a free port.`,
      { cause },
    );
  }

  static cannotListen(name: string, host: string, port: number, cause: unknown): StartError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new StartError(`Cannot listen on ${host}:${port} (${why}): check ${name} and the host setting beside it.`, {
      cause,
    });
  }
}
