/**
 * Whether the peers' CouchDBs serve, asked as a peer asks when it starts.
 *
 * @module
 */
import * as v from 'valibot';
import { NetworkError, problemOf } from '../errors.js';
import { httpRequest } from '../http-request.js';
import { couchdbUrlOf } from '../nodes/couchdb.js';
import { readCouchdbCredentials } from '../nodes/couchdb-credentials.js';
import type { Node, Organization, Topology } from '../topology/topology.js';
import type { Finding } from './doctor.js';

const LIMIT_MS = 3_000;
/** The first that Fabric supports; it refuses those before 2.0 and warns of those between. */
const OLDEST = { major: 3, minor: 1 };
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

const Welcome = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ couchdb: v.string(), version: v.pipe(v.string(), v.regex(/^\d+\.\d+/)) }),
);

function versionProblem(body: string): string | null {
  const parsed = v.safeParse(Welcome, body);
  if (!parsed.success) return 'what answers there is no CouchDB';
  const [major = 0, minor = 0] = parsed.output.version.split('.').map(Number);
  const isSupported = major === OLDEST.major && minor >= OLDEST.minor;
  return isSupported
    ? null
    : `it is version ${parsed.output.version}; Fabric supports 3.1 and later`;
}

function statusProblem(status: number): string | null {
  if (status === 200) return null;
  return status === 401
    ? 'it does not accept the user and password of the credentials file'
    : `it answers with status ${String(status)}`;
}

async function problemWith(
  url: string,
  credentialsFile: string | undefined,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  try {
    const { user, password } = await readCouchdbCredentials(credentialsFile);
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const options = { headers: { authorization }, limitMs: LIMIT_MS, signal };
    const { status, body } = await httpRequest(`${url}/`, options);
    return statusProblem(status) ?? versionProblem(body);
  } catch (error) {
    signal?.throwIfAborted();
    const isSilent = NetworkError.is(error, 'REQUEST_FAILED');
    return isSilent ? `it does not answer (${error.details.problem})` : problemOf(error);
  }
}

function openFinding(subject: string, url: string): Finding[] {
  if (LOOPBACK.test(new URL(url).hostname)) return [];
  return [
    {
      code: 'COUCHDB_OPEN',
      severity: 'warning',
      subject,
      problem: `state and password go to ${url} unencrypted, for peers have no TLS towards CouchDB`,
      remedy: 'run CouchDB on the machine of its peer, listening on 127.0.0.1 only',
    },
  ];
}

async function peerFindings(
  peer: Node<'peer'>,
  organization: Organization,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const url = couchdbUrlOf(peer, organization);
  if (url === null) return [];
  const exposed = openFinding(peer.name, url);
  const problem = await problemWith(url, organization.stateDatabase?.credentialsFile, signal);
  if (problem === null) return exposed;
  return [
    ...exposed,
    {
      code: 'COUCHDB_UNUSABLE',
      severity: 'error',
      subject: peer.name,
      problem: `its state database is the CouchDB ${url}: ${problem}`,
      remedy: `see that it runs and takes those credentials (curl ${url}/), then stop and start ${peer.name}`,
    },
  ];
}

/** Of the peers of these organizations that keep their state in CouchDB. Under 3 s. */
export async function couchdbFindings(
  { organizations }: Topology,
  signal?: AbortSignal,
): Promise<Finding[]> {
  const findings = organizations.flatMap((organization) =>
    organization.peers.map((peer) => peerFindings(peer, organization, signal)),
  );
  return (await Promise.all(findings)).flat();
}
