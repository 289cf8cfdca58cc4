/**
 * One error class, codes as data. Messages name nodes, files, ports and what to do; never a secret,
 * a key or the content of a record.
 *
 * @module
 */

/** Code → its fields. */
export interface NetworkErrorDetails {
  // The topology file
  TOPOLOGY_INVALID: { source: string; problem: string };
  TOPOLOGY_CHANGED: { dir: string; changed: string };
  STATE_DATABASE_CHANGED: { peer: string; before: string; asked: string; dir: string };
  COUCHDB_CREDENTIALS: { file: string; problem: string };
  HOST_UNKNOWN: { host: string; known: string };
  HOST_NEEDED: { known: string };
  ORGANIZATION_UNKNOWN: { organization: string; known: string };
  // The tools
  TOOL_UNAVAILABLE: { product: string; version: string; tried: readonly string[] };
  TOOL_INVALID: { tool: string; problem: string };
  DOWNLOAD_FAILED: { url: string; problem: string };
  ARCHIVE_INVALID: { archive: string; problem: string };
  BUILD_FAILED: { product: string; problem: string; log: string };
  // The state folder
  NETWORK_NOT_FOUND: { dir: string };
  NETWORK_DIR_FOREIGN: { dir: string };
  NETWORK_BUSY: { dir: string; pid: number };
  STATE_INVALID: { path: string; problem: string };
  // Snapshots
  SNAPSHOT_INVALID: { problem: string };
  RESTORE_TARGET_TAKEN: { dir: string };
  // The nodes
  NODE_UNKNOWN: { node: string; known: string };
  NODE_ELSEWHERE: { node: string; host: string };
  PORTS_TAKEN: { ports: string };
  NODE_EXITED: { node: string; log: string; lastLine: string };
  NODE_UNHEALTHY: { node: string; waitedMs: number; problem: string; log: string };
  NODE_UNSTOPPABLE: { node: string; pid: number };
  FAULT_NOT_PERMITTED: { fault: string; problem: string };
  // What the hosts of a network tell each other
  MATERIAL_UNREADY: { dir: string };
  MATERIAL_MISSING: { missing: string; waitedMs: number };
  MATERIAL_INVALID: { source: string; problem: string };
  GENESIS_DIFFERS: { difference: string };
  // What they were asked
  CA_REFUSED: { ca: string; action: string; problem: string };
  COMMAND_FAILED: { command: string; problem: string };
  REQUEST_FAILED: { url: string; problem: string };
  USER_KNOWN: { userId: string; organization: string; role: string };
  USER_UNKNOWN: { user: string; organization: string };
  ADMIN_REFUSED: { action: string; problem: string };
  TIMEOUT: { what: string; waitedMs: number; problem: string };
}
export type NetworkErrorCode = keyof NetworkErrorDetails;

const DESCRIBE: { [C in NetworkErrorCode]: (d: NetworkErrorDetails[C]) => string } = {
  TOPOLOGY_INVALID: (d) => `${d.source}: ${d.problem}`,
  TOPOLOGY_CHANGED: (d) =>
    `the topology differs from the one that ${d.dir} was set up from (${d.changed}); restore it, or remove that network with: down --purge`,
  STATE_DATABASE_CHANGED: (d) =>
    `${d.peer} has its ledger in ${d.before} and cannot go over to ${d.asked}; nothing was changed. Set stateDatabase in the topology as it was, or give the network up (down --purge of ${d.dir}, and drop the databases in CouchDB) and bring it up anew`,
  COUCHDB_CREDENTIALS: (d) =>
    `the credentials for CouchDB in ${d.file} cannot be used: ${d.problem}`,
  HOST_UNKNOWN: (d) => `the topology has no host ${d.host}; it has: ${d.known}`,
  HOST_NEEDED: (d) => `the topology has several hosts (${d.known}): say which of them this is`,
  ORGANIZATION_UNKNOWN: (d) =>
    `the topology has no organization ${d.organization}; it has: ${d.known}`,
  TOOL_UNAVAILABLE: (d) =>
    `${d.product} ${d.version} is not to be had: ${d.tried.join('; ')}. Set EMR_TOOLS to a folder with its programs, or EMR_SOURCES to one with its source archive`,
  TOOL_INVALID: (d) => `${d.tool}: ${d.problem}`,
  DOWNLOAD_FAILED: (d) => `${d.url}: ${d.problem}`,
  ARCHIVE_INVALID: (d) => `${d.archive}: ${d.problem}`,
  BUILD_FAILED: (d) =>
    `building ${d.product} failed: ${d.problem}; the whole output is in ${d.log}`,
  NETWORK_NOT_FOUND: (d) => `there is no network in ${d.dir}; bring one up first`,
  NETWORK_DIR_FOREIGN: (d) =>
    `${d.dir} is not empty and not the folder of a network; nothing was changed, choose another one`,
  NETWORK_BUSY: (d) =>
    `another command (process ${String(d.pid)}) is at work on ${d.dir}; wait for it to end`,
  STATE_INVALID: (d) => `${d.path} cannot be used: ${d.problem}`,
  SNAPSHOT_INVALID: (d) => `the snapshot cannot be used: ${d.problem}`,
  RESTORE_TARGET_TAKEN: (d) =>
    `${d.dir} is not empty; nothing was changed, restore into a new or empty folder`,
  NODE_UNKNOWN: (d) => `there is no node ${d.node}; there are: ${d.known}`,
  NODE_ELSEWHERE: (d) => `${d.node} is on host ${d.host}; ask there`,
  PORTS_TAKEN: (d) =>
    `other programs listen on ports of this network (${d.ports}); stop them, or set another basePort in the topology`,
  NODE_EXITED: (d) => `${d.node} ended at its start: ${d.lastLine || 'no output'}; see ${d.log}`,
  NODE_UNHEALTHY: (d) =>
    `${d.node} is not healthy after ${seconds(d.waitedMs)}: ${d.problem}; see ${d.log}`,
  NODE_UNSTOPPABLE: (d) => `${d.node} (process ${String(d.pid)}) does not end even when killed`,
  FAULT_NOT_PERMITTED: (d) =>
    `this user may not set up ${d.fault} (${d.problem}); run the drill as root`,
  MATERIAL_UNREADY: (d) =>
    `the nodes in ${d.dir} have no certificates yet: bring this host's part up first`,
  MATERIAL_MISSING: (d) =>
    `after ${seconds(d.waitedMs)} this host still lacks ${d.missing}; export it on its host, import it here, and bring this host's part up again: it goes on where it stopped`,
  MATERIAL_INVALID: (d) => `${d.source} is not taken: ${d.problem}`,
  GENESIS_DIFFERS: (d) =>
    `the genesis block that was imported is not what this host's topology and certificates give (${d.difference}); settle it with the admins of the first host`,
  CA_REFUSED: (d) => `${d.ca} refused to ${d.action}: ${d.problem}`,
  COMMAND_FAILED: (d) => `${d.command} failed: ${d.problem}`,
  USER_KNOWN: (d) =>
    `${d.organization} has registered ${d.userId} before, as ${d.role}; nothing was changed`,
  USER_UNKNOWN: (d) => `${d.organization} has not registered ${d.user}`,
  ADMIN_REFUSED: (d) => `cannot ${d.action}: ${d.problem}`,
  REQUEST_FAILED: (d) => `${d.url} does not answer: ${d.problem}`,
  TIMEOUT: (d) => `${d.what}: not so after ${seconds(d.waitedMs)} (${d.problem})`,
};

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/**
 * What every function of this package throws. Narrow it with {@link NetworkError.is}.
 *
 * @typeParam C - the code, which fixes the type of `details`
 */
export class NetworkError<C extends NetworkErrorCode = NetworkErrorCode> extends Error {
  readonly code: C;
  readonly details: NetworkErrorDetails[C];

  constructor(code: C, details: NetworkErrorDetails[C], options?: ErrorOptions) {
    super(DESCRIBE[code](details), options);
    this.name = 'NetworkError';
    this.code = code;
    this.details = details;
  }

  /** Whether `error` is a network error, of that code where one is given. */
  static is<C extends NetworkErrorCode>(error: unknown, code?: C): error is NetworkError<C> {
    return error instanceof NetworkError && (code === undefined || error.code === code);
  }
}

/** The message of whatever was thrown, on one line. */
export function problemOf(error: unknown): string {
  const hasMessage = typeof error === 'object' && error !== null && 'message' in error;
  const text = String(hasMessage ? error.message : error);
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** Whether it is an error of the operating system with that code, such as `ENOENT`. */
export function isSystemError(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
