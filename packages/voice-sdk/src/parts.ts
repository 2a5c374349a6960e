/**
 * The parts that a page loads when it first needs them, each a file of its own: what every page pays for stays small.
 * A part is a folder with a `part.ts`; what it takes from the rest of the SDK as a value is given to it by its caller, or
 * is small (`errors.ts` is shared and not repeated). In the classic script `parts-beside-script.ts` stands here instead.
 */
export const parts = {
  devices: () => import('./devices/part.js'),
  diagnostics: () => import('./diagnostics/part.js'),
  logs: () => import('./logs/part.js'),
  quality: () => import('./quality/part.js'),
  recording: () => import('./recording/part.js'),
  resume: () => import('./resume/part.js'),
  ringing: () => import('./ringing/part.js'),
  sounds: () => import('./sounds/part.js'),
  tokens: () => import('./tokens/part.js'),
  tabs: () => import('./tabs/part.js'),
};
