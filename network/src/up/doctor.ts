/**
 * What is wrong with a network, and how to mend it.
 *
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { readFile, stat, statfs } from 'node:fs/promises';
import { RENEW_BEFORE_MS } from '../ca/certificate.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { endpoint, listeners } from '../nodes/context.js';
import { livenessOf, readProcessRecord } from '../process/process-record.js';
import type { ToolOptions } from '../tools/origin.js';
import { missingTools } from '../tools/resolve-tools.js';
import { Toolset } from '../tools/toolset.js';
import { nodesOf, orderers, type Topology } from '../topology/topology.js';
import { certificateHolders, certificatesOf, keysOf } from './certificate-holders.js';
import { couchdbFindings } from './couchdb-findings.js';
import { nodeContext } from './node-context.js';
import { openNetwork, type OpenNetwork } from './open-network.js';
import { planOf } from './plan-of.js';
import { isPortFree } from './ports-free.js';
import { type NetworkStatus, status } from './status.js';

export type FindingCode =
  | 'TOOLS_MISSING'
  | 'DISK_LOW'
  | 'CLOCK_WRONG'
  | 'FOLDER_OPEN'
  | 'KEY_OPEN'
  | 'CERTIFICATE_ENDS'
  | 'HALF_STARTED'
  | 'PID_STALE'
  | 'PORT_TAKEN'
  | 'NODE_STOPPED'
  | 'NODE_UNHEALTHY'
  | 'NODE_UNREACHABLE'
  | 'ORDERER_BEHIND'
  | 'COUCHDB_UNUSABLE'
  | 'COUCHDB_OPEN';

export interface Finding {
  code: FindingCode;
  /** `error`: something does not work; `warning`: it will not for long, or is not safe. */
  severity: 'error' | 'warning';
  /** The node, file or product that it is about. */
  subject: string;
  problem: string;
  remedy: string;
}

const MIN_FREE_BYTES = 2 * 1024 ** 3;
const FOR_OTHERS = 0o077;
/** An orderer that much behind the others has likely stalled rather than lagged. */
const BEHIND_BLOCKS = 10;

async function toolFindings(topology: Topology, options: ToolOptions): Promise<Finding[]> {
  const missing = await missingTools(topology.tools, options);
  return missing.map(({ title, version, tried }) => ({
    code: 'TOOLS_MISSING',
    severity: 'error',
    subject: `${title} ${version}`,
    problem: tried.join('; '),
    remedy: 'bring the network up: it gets the tools first; or set EMR_TOOLS',
  }));
}

async function diskFindings({ dir }: NetworkPaths): Promise<Finding[]> {
  const { bavail, bsize } = await statfs(dir);
  const freeBytes = bavail * bsize;
  if (freeBytes >= MIN_FREE_BYTES) return [];
  return [
    {
      code: 'DISK_LOW',
      severity: freeBytes < MIN_FREE_BYTES / 8 ? 'error' : 'warning',
      subject: dir,
      problem: `only ${(freeBytes / 1024 ** 2).toFixed(0)} MB are free; peers stop when there is none`,
      remedy: 'free some, or move the folder to a larger disk while the network is down',
    },
  ];
}

async function modeFindings(
  path: string,
  code: 'FOLDER_OPEN' | 'KEY_OPEN',
  mode: string,
): Promise<Finding[]> {
  const found = await stat(path).catch(() => null);
  if (found === null || (found.mode & FOR_OTHERS) === 0) return [];
  const problem = 'other users of this machine can get at it';
  return [{ code, severity: 'warning', subject: path, problem, remedy: `chmod ${mode} ${path}` }];
}

async function certificateFindings(name: string, path: string, now: number): Promise<Finding[]> {
  const pem = await readFile(path).catch(() => null);
  if (pem === null) return [];
  const { validFrom, validTo } = new X509Certificate(pem);
  if (Date.parse(validFrom) > now) {
    return [
      {
        code: 'CLOCK_WRONG',
        severity: 'error',
        subject: path,
        problem: `it is valid from ${validFrom}, which this machine's clock has yet to reach`,
        remedy: 'set the clock (timedatectl set-ntp true); all hosts must agree within minutes',
      },
    ];
  }
  const leftMs = Date.parse(validTo) - now;
  if (leftMs >= RENEW_BEFORE_MS) return [];
  return [
    {
      code: 'CERTIFICATE_ENDS',
      severity: leftMs <= 0 ? 'error' : 'warning',
      subject: name,
      problem: `its certificate ${path} ends ${validTo}`,
      remedy: `emr network admin renew ${name}`,
    },
  ];
}

function unfinishedFindings({ topology, paths, state }: OpenNetwork): Finding[] {
  const context = nodeContext(topology, paths.dir, state.contract, new Toolset([]), state.host);
  const open = planOf(context).filter(({ id }) => !state.finishedSteps.includes(id));
  if (open.length === 0) return [];
  return [
    {
      code: 'HALF_STARTED',
      severity: 'error',
      subject: topology.name,
      problem: `${String(open.length)} steps were never finished, the first: ${open[0]?.title ?? ''}`,
      remedy: 'bring it up again: it goes on where it stopped',
    },
  ];
}

async function processFindings({ local, paths }: OpenNetwork): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const node of nodesOf(local)) {
    const record = await readProcessRecord(paths.record(node.name));
    const liveness = record === null ? null : await livenessOf(record);
    if (liveness === 'running') continue;
    if (record !== null) {
      findings.push({
        code: 'PID_STALE',
        severity: 'warning',
        subject: node.name,
        problem:
          liveness === 'gone'
            ? `its process ${String(record.pid)} has ended`
            : `its process has ended, and ${String(record.pid)} is another program now`,
        remedy: `see the end of ${record.log}, then start ${node.name}`,
      });
    }
    for (const { address, port } of listeners(node)) {
      if (await isPortFree(address, port)) continue;
      findings.push({
        code: 'PORT_TAKEN',
        severity: 'error',
        subject: node.name,
        problem: `another program listens on ${endpoint(address, port)}`,
        remedy: `find it (ss -ltnp 'sport = :${String(port)}') and stop it, or set another basePort`,
      });
    }
  }
  return findings;
}

function unreachableFinding(node: string, problem: string | null): Finding {
  return {
    code: 'NODE_UNREACHABLE',
    severity: 'warning',
    subject: node,
    problem: `it does not answer this host (${problem ?? 'no answer'})`,
    remedy: 'ask the admin of its host; see that the network between the hosts lets it through',
  };
}

function nodeFindings({ nodes }: NetworkStatus): Finding[] {
  return nodes.flatMap(({ node, state, problem }): Finding[] => {
    if (state === 'running' || state === 'reachable' || state === 'elsewhere') return [];
    if (state === 'unreachable') return [unreachableFinding(node, problem)];
    const stopped = state === 'stopped';
    return [
      {
        code: stopped ? 'NODE_STOPPED' : 'NODE_UNHEALTHY',
        severity: 'error',
        subject: node,
        problem: problem ?? 'it does not run',
        remedy: stopped ? `start ${node}` : `see its log; then stop and start ${node}`,
      },
    ];
  });
}

function behindFindings({ nodes }: NetworkStatus, topology: Topology): Finding[] {
  const group = nodes.filter(({ role, height }) => role === 'orderer' && height !== null);
  const highest = Math.max(0, ...group.map(({ height }) => height ?? 0));
  return group.flatMap(({ node, height }): Finding[] => {
    const behind = highest - (height ?? 0);
    if (behind < BEHIND_BLOCKS) return [];
    const others = orderers(topology).length - 1;
    return [
      {
        code: 'ORDERER_BEHIND',
        severity: 'error',
        subject: node,
        problem: `it is ${String(behind)} blocks behind; one more failure may stop ordering`,
        remedy: `stop and start ${node} while the other ${String(others)} are healthy`,
      },
    ];
  });
}

/**
 * Looks for everything that is known to go wrong: tools, disk, clock, file modes, certificates,
 * unfinished set-up, dead processes, taken ports, sick nodes, orderers left behind, state databases
 * that do not serve. Changes nothing.
 *
 * @returns the worst first; empty when nothing is wrong
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, STATE_INVALID
 */
export async function diagnose(
  dir: string,
  options: { tools?: ToolOptions; signal?: AbortSignal } = {},
): Promise<Finding[]> {
  const network = await openNetwork(dir);
  const { topology, paths } = network;
  const now = Date.now();
  const holders = certificateHolders(network.local, paths);
  const current = await status(dir, options.signal);
  const looked = await Promise.all([
    toolFindings(topology, options.tools ?? {}),
    diskFindings(paths),
    modeFindings(paths.dir, 'FOLDER_OPEN', '700'),
    ...holders.flatMap(keysOf).map((key) => modeFindings(key, 'KEY_OPEN', '600')),
    ...holders.flatMap((holder) =>
      certificatesOf(holder, paths).map((path) => certificateFindings(holder.name, path, now)),
    ),
    processFindings(network),
    couchdbFindings(network.local, options.signal),
  ]);
  const findings = [
    ...looked.flat(),
    ...unfinishedFindings(network),
    ...nodeFindings(current),
    ...behindFindings(current, topology),
  ];
  const rank = { error: 0, warning: 1 };
  return findings.sort((a, b) => rank[a.severity] - rank[b.severity]);
}
