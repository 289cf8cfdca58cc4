/**
 * Which database each peer keeps its state in, before anything is started with it.
 *
 * @module
 */
import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { isSystemError, NetworkError } from '../errors.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { couchdbUrlOf } from '../nodes/couchdb.js';
import { CREDENTIALS_VARIABLE, readCouchdbCredentials } from '../nodes/couchdb-credentials.js';
import type { Node, Organization, Topology } from '../topology/topology.js';

/**
 * The topology with the credentials file that the environment names, where it names none itself:
 * commands and the supervisor find it later without that environment.
 *
 * @throws {@link NetworkError} COUCHDB_CREDENTIALS for a relative path
 */
export function withCredentialsFile(
  topology: Topology,
  { [CREDENTIALS_VARIABLE]: file }: Readonly<Record<string, string | undefined>>,
): Topology {
  if (file === undefined || file === '') return topology;
  if (!isAbsolute(file)) {
    const problem = `${CREDENTIALS_VARIABLE} must be an absolute path`;
    throw new NetworkError('COUCHDB_CREDENTIALS', { file, problem });
  }
  const organizations = topology.organizations.map((organization) => {
    const { stateDatabase } = organization;
    if (stateDatabase === undefined) return organization;
    return { ...organization, stateDatabase: { credentialsFile: file, ...stateDatabase } };
  });
  return { ...topology, organizations };
}

/**
 * Whether every peer's credentials can be had.
 *
 * @throws {@link NetworkError} COUCHDB_CREDENTIALS
 */
export async function requireCredentials({ organizations }: Topology): Promise<void> {
  for (const { stateDatabase } of organizations) {
    if (stateDatabase !== undefined) await readCouchdbCredentials(stateDatabase.credentialsFile);
  }
}

/** Where Fabric keeps the blocks of the channel, once the peer has joined it. */
async function hasLedger(
  peer: Node<'peer'>,
  channel: string,
  paths: NetworkPaths,
): Promise<boolean> {
  const chain = join(paths.data(peer.name), 'ledgersData', 'chains', 'chains', channel);
  try {
    await stat(chain);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

const databaseOf = (peer: Node<'peer'>, organization: Organization | undefined): string => {
  const url = organization === undefined ? null : couchdbUrlOf(peer, organization);
  return url === null ? 'LevelDB' : `the CouchDB ${url}`;
};

/**
 * That no peer with a ledger here gets another database. With an empty one Fabric commits all blocks
 * once more while the peer starts, and ends where the ledger began with a snapshot; one that is ahead
 * of the blocks it refuses; one that another peer left behind it takes for its own.
 *
 * @throws {@link NetworkError} STATE_DATABASE_CHANGED
 */
export async function requireSameDatabases(
  before: Topology,
  asked: Topology,
  paths: NetworkPaths,
): Promise<void> {
  for (const old of before.organizations) {
    const organization = asked.organizations.find(({ name }) => name === old.name);
    for (const peer of old.peers) {
      const [was, is] = [databaseOf(peer, old), databaseOf(peer, organization)];
      if (was === is || !(await hasLedger(peer, before.channel, paths))) continue;
      const details = { peer: peer.name, before: was, asked: is, dir: paths.dir };
      throw new NetworkError('STATE_DATABASE_CHANGED', details);
    }
  }
}
