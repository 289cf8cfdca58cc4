import type { Topology } from '../topology/topology.js';

/** What may differ between one `up` and the next: it is brought up to date. */
const CHANGEABLE = [
  /^tools\b/,
  /^organizations\.\d+\.users\b/,
  // Until the peer has a ledger; see `requireSameDatabases`.
  /^organizations\.\d+\.stateDatabase\b/,
];

function* leaves(value: unknown, path: string): Generator<[path: string, value: string]> {
  if (typeof value !== 'object' || value === null) {
    yield [path, JSON.stringify(value)];
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    yield* leaves(inner, path === '' ? key : `${path}.${key}`);
  }
}

/** Paths of the settings that are fixed once a network is set up, and that differ. */
export function changesIn(before: Topology, after: Topology): string[] {
  const [old, now] = [new Map(leaves(before, '')), new Map(leaves(after, ''))];
  const paths = [...new Set([...old.keys(), ...now.keys()])];
  return paths.filter(
    (path) => old.get(path) !== now.get(path) && !CHANGEABLE.some((part) => part.test(path)),
  );
}
