/**
 * The certificate that a CA server serves with. The server takes it from its own first CA, and makes
 * it anew at a start that finds none.
 *
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RENEW_BEFORE_MS } from '../ca/certificate.js';
import { readIfThere } from '../files/atomic.js';
import type { OrganizationPaths } from '../files/network-paths.js';
import type { Node } from '../topology/topology.js';
import type { NodeContext } from './context.js';
import { ensureUp, GRACE_MS, stopRecorded } from './run-node.js';

export function caTlsCertificate({ caHome }: OrganizationPaths): string {
  return join(caHome, 'tls-cert.pem');
}

/** Whether it ends soon; not so before the server's first start. */
export async function isCaTlsDue(paths: OrganizationPaths): Promise<boolean> {
  const pem = await readIfThere(caTlsCertificate(paths));
  return (
    pem !== null && Date.parse(new X509Certificate(pem).validTo) - Date.now() < RENEW_BEFORE_MS
  );
}

/** Restarts the CA server with a fresh certificate. */
export async function renewCaTls(
  ca: Node<'ca'>,
  context: NodeContext,
  signal?: AbortSignal,
): Promise<void> {
  const { paths } = context;
  await stopRecorded(paths.record(ca.name), GRACE_MS, signal);
  await rm(caTlsCertificate(paths.organization(ca.organization)), { force: true });
  await ensureUp(ca, context, signal);
}
