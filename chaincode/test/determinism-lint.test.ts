import { describe, expect, it } from '@jest/globals';
import { ESLint, Linter } from 'eslint';
import { fileURLToPath } from 'node:url';
import { determinismRules } from '../determinism.eslint.js';

const rules = determinismRules as Linter.RulesRecord;
const linter = new Linter();

/** The names of the rules that a piece of contract code breaks. */
function broken(code: string): (string | null)[] {
  const languageOptions = {
    ecmaVersion: 2024 as const,
    sourceType: 'module' as const,
    globals: Object.fromEntries(
      [
        'process',
        'performance',
        'crypto',
        'fetch',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'require',
      ].map((name) => [name, 'readonly' as const]),
    ),
  };
  return linter.verify(code, { rules, languageOptions }).map(({ ruleId }) => ruleId);
}

const BANNED = {
  'the clock': ['Date.now()', 'new Date()', 'Date()', 'performance.now()'],
  randomness: [
    'Math.random()',
    'crypto.randomUUID()',
    'crypto.getRandomValues(new Uint8Array(1))',
    'globalThis.crypto.randomUUID()',
    'SecretKey.random()',
    "import { systemRng } from '@emr-share/crypto'",
    "import { encrypt as wrap } from '@emr-share/crypto'",
    "import { randomBytes } from 'node:crypto'",
    "import { randomBytes } from 'crypto'",
    'reencrypt(capsule, kfrag)',
    'Partial.compute(share, capsule, context)',
  ],
  'the environment': [
    'process.env.HOME',
    "require('fs')",
    "import fs from 'node:fs'",
    "import os from 'os'",
    "import { readFile } from 'fs/promises'",
    'import.meta.url',
    "await import('x')",
  ],
  'the network': ["fetch('x')", 'new WebSocket("x")'],
  timers: ['setTimeout(f)', 'setInterval(f)', 'setImmediate(f)', 'queueMicrotask(f)'],
  races: [
    'Promise.race([a, b])',
    'Promise.any([a, b])',
    'new WeakRef(a)',
    'new FinalizationRegistry(f)',
  ],
  'locale and time zone': [
    'a.localeCompare(b)',
    'n.toLocaleString()',
    's.toLocaleUpperCase()',
    'new Intl.NumberFormat()',
    'new Date(0).getHours()',
    'new Date(0).getTimezoneOffset()',
    'new Date(0).toDateString()',
  ],
  'open orders': ['for (const k in o) f(k)', 'list.sort()', 'list.toSorted()'],
  'inexact numbers': ['Math.exp(1)', 'Math.pow(a, b)', 'Math.sqrt(2)'],
};

describe('the determinism rules', () => {
  for (const [what, snippets] of Object.entries(BANNED)) {
    it.each(snippets)(`report ${what}: %s`, (snippet) => {
      expect(broken(snippet)).not.toEqual([]);
    });
  }

  it.each([
    'new Date(0).toISOString()',
    'Math.max(a, b) + Math.floor(c)',
    'Promise.all([a, b])',
    'list.sort((a, b) => a - b)',
    'for (const k of list) f(k)',
    'ctx.stub.getTxTimestamp()',
    'reencrypt(capsule, kfrag, { rng })',
    "import { createSha256 } from '@emr-share/crypto'",
  ])('let pass: %s', (snippet) => {
    expect(broken(snippet)).toEqual([]);
  });

  it.each([
    ['chaincode/src/rules/grants.ts', true],
    ['chaincode/src/emr-contract.ts', true],
    ['chaincode/src/service/main.ts', false],
  ])('hold in %s: %s', async (path, hold) => {
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const config = (await new ESLint({ cwd }).calculateConfigForFile(path)) as {
      rules: Record<string, unknown[]>;
    };
    const held = Object.entries(determinismRules).map(
      ([rule, [, ...options]]) =>
        JSON.stringify(config.rules[rule]?.slice(1)) === JSON.stringify(options),
    );
    expect(new Set(held)).toEqual(new Set([hold]));
  });
});
