import type { Diagnostics, DiagnosticsHost } from '../diagnostics/diagnostics.js';
import { parts } from '../parts.js';

/**
 * Gives each step to the diagnostics, in order, once they are loaded. Without them it does nothing, and the log says so.
 * `ifLoaded`: a step that is not worth loading them.
 */
export function diagnose(
  host: DiagnosticsHost,
): (step: (diagnostics: Diagnostics) => unknown, ifLoaded?: boolean) => void {
  let loaded: Diagnostics | undefined;
  let asked: ReturnType<typeof parts.diagnostics> | undefined;
  const load = () => {
    asked = parts.diagnostics();
    asked.catch(() => {
      asked = undefined; // The next step tries again.
    });
    return asked;
  };
  return (step, ifLoaded) => {
    if (ifLoaded && !asked) return;
    // One import for all: two that are asked for together need not arrive in that order.
    (asked ?? load())
      .then(({ Diagnostics }) => {
        loaded ??= new Diagnostics(host);
        return step(loaded);
      })
      .catch((error) => host.logger.error({ error: String(error) }, 'diagnostics'));
  };
}
