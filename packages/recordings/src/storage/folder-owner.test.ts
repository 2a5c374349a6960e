import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '@intermix/kernel';
import { expect, it } from 'vitest';
import { folderOwner } from './folder-owner.js';

it('names a folder once and for all, and no other so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'intermix-owner-'));
  try {
    const [one, other] = ['one', 'other'].map((name) => folderOwner(join(folder, name), systemRandom));
    expect(one).toMatch(/^[0-9a-f]{32}$/);
    expect(folderOwner(join(folder, 'one'), systemRandom)).toBe(one);
    expect(other).not.toBe(one);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each(['', '\0'.repeat(32)])('names a folder anew whose file lost its name with the power: %j', (left) => {
  const folder = mkdtempSync(join(tmpdir(), 'intermix-owner-'));
  try {
    writeFileSync(join(folder, 'owner'), left);
    writeFileSync(join(folder, 'owner.new'), 'half');
    const owner = folderOwner(folder, systemRandom);
    expect(owner).toMatch(/^[0-9a-f]{32}$/);
    expect(folderOwner(folder, systemRandom)).toBe(owner);
    expect(readdirSync(folder)).toEqual(['owner']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
