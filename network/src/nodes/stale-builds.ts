import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Node } from '../topology/topology.js';
import { IDENTITIES, type NodeContext } from './context.js';

const Connection = v.object({ client_cert: v.string() });

/**
 * Deletes what a stopped peer keeps of contract packages that it built with a certificate which has
 * been renewed since; it builds them anew when they are called. Source: fabric `externalbuilder`.
 */
export async function forgetStaleBuilds(
  node: Node<'peer'>,
  { paths }: Pick<NodeContext, 'paths'>,
): Promise<void> {
  const builds = join(paths.data(node.name), 'externalbuilder', 'builds');
  const { tlsCertificate } = paths.organization(node.organization).node(IDENTITIES.contractClient);
  for (const name of await readdir(builds).catch(() => [])) {
    const build = join(builds, name);
    const connection = join(build, 'release', 'chaincode', 'server', 'connection.json');
    const text = await readFile(connection, 'utf8').catch(() => null);
    if (text === null) continue;
    const { client_cert } = v.parse(Connection, JSON.parse(text));
    if (client_cert === (await readFile(tlsCertificate, 'utf8'))) continue;
    await rm(build, { recursive: true, force: true });
  }
}
