import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { parseDocument } from 'yaml';
import { NetworkError, problemOf } from '../errors.js';
import { resolveTopology } from './resolve.js';
import { TopologyFile } from './schema.js';
import type { Topology } from './topology.js';

/** Topologies that come with this package. `dev`: fast commits; `paper`: the paper's batching. */
export const PROFILES = ['dev', 'paper'] as const;
export type Profile = (typeof PROFILES)[number];

export interface TopologyOverrides {
  /** First port of the first organization's block, instead of the file's. */
  basePort?: number;
}

export function profilePath(profile: Profile): string {
  return fileURLToPath(new URL(`../../topology/${profile}.yaml`, import.meta.url));
}

function issueText(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  return path === null ? issue.message : `${path}: ${issue.message}`;
}

/**
 * Reads a topology from YAML.
 *
 * @param source - how messages call it
 * @throws {@link NetworkError} TOPOLOGY_INVALID with every problem and where it is
 */
export function parseTopology(
  text: string,
  source: string,
  overrides: TopologyOverrides = {},
): Topology {
  const document = parseDocument(text, { strict: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    const problem = document.errors.map(problemOf).join('; ');
    throw new NetworkError('TOPOLOGY_INVALID', { source, problem });
  }
  const result = v.safeParse(TopologyFile, document.toJS({ maxAliasCount: 100 }));
  if (!result.success) {
    const problem = result.issues.map(issueText).join('; ');
    throw new NetworkError('TOPOLOGY_INVALID', { source, problem });
  }
  return resolveTopology({ ...result.output, ...overrides }, source);
}

/**
 * Reads a topology file, or one of {@link PROFILES} by its name.
 *
 * @throws {@link NetworkError} TOPOLOGY_INVALID
 */
export async function loadTopology(
  fileOrProfile: string,
  overrides: TopologyOverrides = {},
): Promise<Topology> {
  const profile = PROFILES.find((known) => known === fileOrProfile);
  const path = profile === undefined ? fileOrProfile : profilePath(profile);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const details = { source: fileOrProfile, problem: problemOf(error) };
    throw new NetworkError('TOPOLOGY_INVALID', details, { cause: error });
  }
  return parseTopology(text, fileOrProfile, overrides);
}
