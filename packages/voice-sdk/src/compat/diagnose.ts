import type { Diagnostics, DiagnosticsHost } from '../diagnostics/diagnostics.js';
import { parts } from '../parts.js';

/** Gives each step to the diagnostics, in order, once they are loaded. Without them it does nothing, and the log says so. */
export function diagnose(host: DiagnosticsHost): (step: (diagnostics: Diagnostics) => unknown) => void {
  let loaded: Diagnostics | undefined;
  return (step) => {
    parts
      .diagnostics()
      .then(({ Diagnostics }) => {
        loaded ??= new Diagnostics(host);
        return step(loaded);
      })
      .catch((error) => host.logger.error({ error: String(error) }, 'diagnostics'));
  };
}
