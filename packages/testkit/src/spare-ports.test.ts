import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { reservePorts } from './spare-ports.js';

it('gives each caller a block of its own', async () => {
  const blocks = await Promise.all(Array.from({ length: 8 }, () => reservePorts()));
  const bases = blocks.map((block) => block.base).sort((a, b) => a - b);
  for (let i = 1; i < bases.length; i++) expect(bases[i]! - bases[i - 1]!).toBeGreaterThanOrEqual(blocks[0]!.size);
  for (const block of blocks) block.release();
});

it('gives ports that can be listened on, and gives a block back only after release', async () => {
  const block = await reservePorts();
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(block.port(0), '127.0.0.1', resolve);
  });
  const others = await Promise.all(Array.from({ length: 8 }, () => reservePorts()));
  expect(others.map((other) => other.base)).not.toContain(block.base);
  for (const other of others) other.release();
  await new Promise((resolve) => server.close(resolve));
  block.release();
});
