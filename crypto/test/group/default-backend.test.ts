import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { defaultBackend, useBackend } from '../../src/group/default-backend.js';
import type { GroupBackend } from '../../src/group/group-backend.js';
import { nobleBackend } from '../../src/group/noble-backend.js';
import { loadNativeBackend } from '../../src/native.js';
import { SecretKey } from '../../src/umbral/index.js';

describe('the default backend', () => {
  afterEach(() => {
    useBackend(nobleBackend);
  });

  it('is noble', () => {
    expect(defaultBackend()).toBe(nobleBackend);
  });

  it('can be replaced for the process, and serves calls that name no other', () => {
    const used: string[] = [];
    const counting: GroupBackend = {
      ...nobleBackend,
      name: 'counting',
      mulBase: (scalar) => {
        used.push('mulBase');
        return nobleBackend.mulBase(scalar);
      },
    };
    expect(useBackend(counting)).toBe(nobleBackend);
    SecretKey.random().publicKey();
    SecretKey.random().publicKey({ backend: nobleBackend });
    expect(used).toEqual(['mulBase']);
    expect(useBackend(nobleBackend)).toBe(counting);
  });
});

describe('the native backend', () => {
  it('is loaded once', () => {
    const loaded = loadNativeBackend();
    expect(loadNativeBackend()).toBe(loaded);
    expect(loaded === null || loaded.name === 'native').toBe(true);
  });

  it('is out of reach of the main entry, which browsers load', () => {
    const seen = new Map<string, string[]>();
    const visit = (url: URL): void => {
      if (seen.has(url.href)) return;
      const source = readFileSync(url, 'utf8');
      const specifiers = [...source.matchAll(/^(?:import|export)\s[^;]*?from '([^']+)'/gm)]
        .filter(([statement]) => !/^(?:import|export) type\s/.test(statement))
        .map(([, specifier]) => specifier ?? '');
      seen.set(url.href, specifiers);
      for (const specifier of specifiers.filter((s) => s.startsWith('.'))) {
        visit(new URL(specifier.replace(/\.js$/, '.ts'), url));
      }
    };
    visit(new URL('../../src/index.ts', import.meta.url));
    const packages = [...new Set([...seen.values()].flat())].filter((s) => !s.startsWith('.'));
    expect(packages.length).toBeGreaterThan(3);
    expect(packages.filter((specifier) => !specifier.startsWith('@noble/'))).toEqual([]);
  });
});
