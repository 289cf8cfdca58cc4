/**
 * A peer's state database where it is CouchDB.
 *
 * @module
 */
import type { Node, Organization } from '../topology/topology.js';
import type { ProcessLaunch } from '../process/start-process.js';
import { LOGGING_SPEC } from './context.js';
import { readCouchdbCredentials } from './couchdb-credentials.js';

const PREFIX = 'CORE_LEDGER_STATE_COUCHDBCONFIG';
const USER = `${PREFIX}_USERNAME`;
const PASSWORD = `${PREFIX}_PASSWORD`;

/** The variables that come from the credentials file. */
export const COUCHDB_SECRETS = [USER, PASSWORD] as const;

/** `http://host:port` of the peer's CouchDB; `null` where it uses LevelDB. */
export function couchdbUrlOf(
  { short }: Node<'peer'>,
  { stateDatabase }: Organization,
): string | null {
  return stateDatabase?.couchdb[short] ?? null;
}

/** Where the peer keeps its state, without user and password; nothing for LevelDB, the default. */
export function couchdbEnvironment(
  node: Node<'peer'>,
  organization: Organization,
): Record<string, string> {
  const url = couchdbUrlOf(node, organization);
  if (url === null) return {};
  return {
    // At info, it writes all its settings to its log as it starts, the password with them.
    FABRIC_LOGGING_SPEC: `${LOGGING_SPEC}:nodeCmd=warn`,
    CORE_LEDGER_STATE_STATEDATABASE: 'CouchDB',
    [`${PREFIX}_COUCHDBADDRESS`]: url.slice('http://'.length),
  };
}

/**
 * What else the peer's launch has: user and password, and a mark in its environment by which a
 * changed file takes effect at the next start.
 *
 * @throws {@link NetworkError} COUCHDB_CREDENTIALS
 */
export async function couchdbLaunch(
  node: Node<'peer'>,
  organization: Organization,
): Promise<Pick<ProcessLaunch, 'env' | 'secretEnv'>> {
  if (couchdbUrlOf(node, organization) === null) return { env: {} };
  const file = organization.stateDatabase?.credentialsFile;
  const { user, password, changedAt } = await readCouchdbCredentials(file);
  return {
    env: { EMR_COUCHDB_CREDENTIALS: changedAt },
    secretEnv: { [USER]: user, [PASSWORD]: password },
  };
}
