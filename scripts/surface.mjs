// `npm run surface`: writes the SDK's public surface to packages/voice-sdk/api, where a reviewer sees what changed for users.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sdkTypes } from './sdk-types.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'packages', 'voice-sdk', 'api');
const types = await sdkTypes();
if (!types) throw new Error('The surface needs the compiler: install the development packages.');
mkdirSync(folder, { recursive: true });
for (const [name, text] of types.surfaces) writeFileSync(join(folder, `${name}.api.md`), text);
