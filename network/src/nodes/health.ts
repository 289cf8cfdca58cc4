/**
 * Whether a node does its work, asked at its own interfaces.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import * as v from 'valibot';
import { NetworkError, problemOf } from '../errors.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { type HttpAnswer, httpRequest, type TlsIdentity } from '../http-request.js';
import { isRole, type Node } from '../topology/topology.js';
import { endpoint, IDENTITIES, LOOPBACK } from './context.js';
import { MetricsPage } from './metrics-page.js';

const LIMIT_MS = 3_000;

async function tlsIdentity(
  paths: NetworkPaths,
  { organization }: { organization: string },
  identity: string,
): Promise<TlsIdentity> {
  const { tlsCa, tlsCertificate, tlsKey } = paths.organization(organization).node(identity);
  const [ca, cert, key] = await Promise.all(
    [tlsCa, tlsCertificate, tlsKey].map((path) => readFile(path, 'utf8')),
  );
  return { ca: ca ?? '', cert, key };
}

/** The organization's operator, whom its nodes' operations and admin endpoints answer. */
export function operatorTls(paths: NetworkPaths, organization: string): Promise<TlsIdentity> {
  return tlsIdentity(paths, { organization }, IDENTITIES.operator);
}

/** A page of a peer's or an orderer's operations endpoint. */
export async function operationsPage(
  node: Node<'peer'> | Node<'orderer'>,
  page: 'healthz' | 'metrics',
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<HttpAnswer> {
  const tls = await operatorTls(paths, node.organization);
  const url = `https://${endpoint(node.address, node.ports.operations)}/${page}`;
  return httpRequest(url, { tls, limitMs: LIMIT_MS, signal });
}

const FailedChecks = v.object({
  failed_checks: v.optional(v.array(v.object({ component: v.string(), reason: v.string() })), []),
});

function healthzProblem({ status, body }: HttpAnswer): string | null {
  if (status === 200) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), FailedChecks), body);
  const checks = parsed.success ? parsed.output.failed_checks : [];
  const reasons = checks.map(({ component, reason }) => `${component}: ${reason}`);
  return reasons.length > 0 ? reasons.join('; ') : `status ${String(status)}`;
}

/** A full TLS handshake at a port: what listens, but does not serve yet, fails it. */
export function handshakeProblem(
  { address, port }: { address: string; port: number },
  tls: TlsIdentity,
): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, ALPNProtocols: ['h2'], ...tls });
    const end = (problem: string | null): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(LIMIT_MS, () => {
      end('no handshake');
    });
    socket.once('secureConnect', () => {
      end(null);
    });
    socket.once('error', (error) => {
      end(problemOf(error));
    });
  });
}

/** The health page answers some time before the API does. */
async function caProblem(
  node: Node<'ca'>,
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<string | null> {
  const url = `http://${endpoint(LOOPBACK, node.ports.operations)}/healthz`;
  const unhealthy = healthzProblem(await httpRequest(url, { limitMs: LIMIT_MS, signal }));
  if (unhealthy !== null) return unhealthy;
  const { caHome } = paths.organization(node.organization);
  const ca = await readFile(join(caHome, 'ca-cert.pem'), 'utf8');
  return handshakeProblem({ address: node.address, port: node.ports.api }, { ca });
}

/** As the organization's peers do it: the service has no health page. */
async function contractProblem(
  node: Node<'contract'>,
  paths: NetworkPaths,
): Promise<string | null> {
  const tls = await tlsIdentity(paths, node, IDENTITIES.contractClient);
  return handshakeProblem({ address: node.address, port: node.ports.grpc }, tls);
}

/** The health page answers some time before the port that clients use does. */
async function fabricProblem(
  node: Node<'peer'> | Node<'orderer'>,
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<string | null> {
  const unhealthy = healthzProblem(await operationsPage(node, 'healthz', paths, signal));
  if (unhealthy !== null) return unhealthy;
  const tls = await operatorTls(paths, node.organization);
  return handshakeProblem({ address: node.address, port: node.ports.grpc }, tls);
}

async function kuboProblem(node: Node<'kubo'>, signal?: AbortSignal): Promise<string | null> {
  const url = `http://${endpoint(LOOPBACK, node.ports.api)}/api/v0/id`;
  const { status } = await httpRequest(url, { method: 'POST', limitMs: LIMIT_MS, signal });
  return status === 200 ? null : `status ${String(status)}`;
}

/** What is wrong with a node that should be working; `null` when nothing is. Under 3 s. */
export async function healthProblem(
  node: Node,
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<string | null> {
  try {
    if (isRole(node, 'peer') || isRole(node, 'orderer')) {
      return await fabricProblem(node, paths, signal);
    }
    if (isRole(node, 'ca')) return await caProblem(node, paths, signal);
    if (isRole(node, 'contract')) return await contractProblem(node, paths);
    if (isRole(node, 'kubo')) return await kuboProblem(node, signal);
    return `no check for role ${node.role}`;
  } catch (error) {
    signal?.throwIfAborted();
    return NetworkError.is(error, 'REQUEST_FAILED') ? error.details.problem : problemOf(error);
  }
}

/** The metrics page of a running peer or orderer; `null` where it does not answer. */
export async function metricsOf(
  node: Node<'peer'> | Node<'orderer'>,
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<MetricsPage | null> {
  try {
    const { status, body } = await operationsPage(node, 'metrics', paths, signal);
    return status === 200 ? new MetricsPage(body) : null;
  } catch {
    signal?.throwIfAborted();
    return null;
  }
}

/** Blocks in the node's ledger of that channel; `null` where it has none. */
export function heightIn(metrics: MetricsPage, channel: string): number | null {
  return metrics.sum('ledger_blockchain_height', { channel });
}

/** {@link heightIn} for a running peer or orderer; `null` also where it does not answer. */
export async function heightOf(
  node: Node<'peer'> | Node<'orderer'>,
  channel: string,
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<number | null> {
  const metrics = await metricsOf(node, paths, signal);
  return metrics === null ? null : heightIn(metrics, channel);
}
