/**
 * How the hosts of a network come to know each other: each exports its public material, and imports
 * what the others have exported.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeMspFrame } from '../ca/enrol.js';
import { NetworkError } from '../errors.js';
import { readIfThere, writeFileAtomic, writeSecret } from '../files/atomic.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { kuboPeerId } from '../nodes/kubo-repo.js';
import { isSwarmKey } from '../nodes/swarm-key.js';
import type { Organization, Topology } from '../topology/topology.js';
import { openNetwork } from '../up/open-network.js';
import {
  certificateFingerprint,
  decodeMaterial,
  encodeMaterial,
  type OrganizationMaterial,
  type PublicMaterial,
  topologyDigest,
} from './public-material.js';

async function certificatesOf(
  organization: Organization,
  paths: NetworkPaths,
): Promise<OrganizationMaterial> {
  const { name, mspId, orderer, kubo } = organization;
  const { caCertificate, tlsCaCertificate, node } = paths.organization(name);
  const read = (path: string): Promise<string> => readFile(path, 'utf8');
  return {
    name,
    mspId,
    caCertificate: await read(caCertificate),
    tlsCaCertificate: await read(tlsCaCertificate),
    orderer:
      orderer === null
        ? null
        : {
            certificate: await read(node(orderer.short).certificate),
            tlsCertificate: await read(node(orderer.short).tlsCertificate),
          },
    kubo: kubo === null ? null : { peerId: await kuboPeerId(paths.data(kubo.name)) },
  };
}

/**
 * The public material of this host's organizations, for the other hosts: certificates, peer IDs and,
 * once it is made, the genesis block. Holds no secret.
 *
 * @throws {@link NetworkError} HOST_NEEDED where the network is all on one host, MATERIAL_UNREADY
 *   before its nodes are enrolled, NETWORK_NOT_FOUND
 */
export async function exportPublic(dir: string): Promise<{ text: string; hasGenesis: boolean }> {
  const { state, topology, local, paths } = await openNetwork(dir);
  if (state.host === null) {
    throw new NetworkError('HOST_NEEDED', { known: Object.keys(topology.hosts).join(', ') });
  }
  let organizations: OrganizationMaterial[];
  try {
    organizations = await Promise.all(
      local.organizations.map((organization) => certificatesOf(organization, paths)),
    );
  } catch (error) {
    throw new NetworkError('MATERIAL_UNREADY', { dir: paths.dir }, { cause: error });
  }
  const block = existsSync(paths.genesisBlock) ? await readFile(paths.genesisBlock) : null;
  const text = encodeMaterial({
    network: topology.name,
    topology: topologyDigest(topology),
    host: state.host,
    organizations,
    genesisBlock: block?.toString('base64') ?? null,
  });
  return { text, hasGenesis: block !== null };
}

/** What was imported, for comparing with its host's admin. */
export interface ImportReport {
  host: string;
  organizations: { name: string; caFingerprint: string; tlsCaFingerprint: string }[];
  hasGenesis: boolean;
}

async function storeOrganization(
  material: OrganizationMaterial,
  paths: NetworkPaths,
): Promise<void> {
  const { msp, node } = paths.organization(material.name);
  await writeMspFrame(msp, material.caCertificate, material.tlsCaCertificate);
  if (material.orderer === null) return;
  const { certificate, tlsCertificate } = node('orderer');
  await writeFileAtomic(certificate, material.orderer.certificate);
  await writeFileAtomic(tlsCertificate, material.orderer.tlsCertificate);
}

/** Once the channel is founded on what a host said, the host cannot say something else. */
async function requireUnchanged(
  material: PublicMaterial,
  source: string,
  paths: NetworkPaths,
): Promise<void> {
  const known = await readIfThere(paths.received(material.host));
  if (known === null || !existsSync(paths.genesisBlock)) return;
  const { organizations } = JSON.parse(known) as PublicMaterial;
  if (JSON.stringify(organizations) === JSON.stringify(material.organizations)) return;
  const problem = `the channel was founded with other certificates of ${material.host}`;
  throw new NetworkError('MATERIAL_INVALID', { source, problem });
}

/**
 * Takes another host's public material. May be repeated, also with newer material until the channel
 * is founded.
 *
 * @param text - what {@link exportPublic} gave there
 * @param source - how messages call it
 * @throws {@link NetworkError} MATERIAL_INVALID, NETWORK_NOT_FOUND
 */
export async function importPublic(
  dir: string,
  text: string,
  source: string,
): Promise<ImportReport> {
  const { state, topology, paths } = await openNetwork(dir);
  const material = decodeMaterial(text, source, topology, state.host);
  await requireUnchanged(material, source, paths);
  const { host, organizations, genesisBlock } = material;
  for (const organization of organizations) await storeOrganization(organization, paths);
  if (genesisBlock !== null && host === foundingHost(topology)) {
    await writeFileAtomic(paths.receivedGenesis, Buffer.from(genesisBlock, 'base64'));
  }
  await writeFileAtomic(paths.received(host), text); // last: it says that the rest is there
  return {
    host,
    organizations: organizations.map(({ name, caCertificate, tlsCaCertificate }) => ({
      name,
      caFingerprint: certificateFingerprint(caCertificate),
      tlsCaFingerprint: certificateFingerprint(tlsCaCertificate),
    })),
    hasGenesis: genesisBlock !== null,
  };
}

/** The host that makes the genesis block and the swarm key: that of the first organization. */
export function foundingHost({ organizations }: Topology): string | null {
  return organizations[0]?.host ?? null;
}

/** Kubo peer ID of another host's organization; `null` where that was not imported. */
export async function receivedPeerId(
  { name, host }: Organization,
  paths: NetworkPaths,
): Promise<string | null> {
  const text = await readIfThere(paths.received(host));
  if (text === null) return null;
  const { organizations } = JSON.parse(text) as PublicMaterial;
  return organizations.find((one) => one.name === name)?.kubo?.peerId ?? null;
}

/**
 * The one secret that hosts share: whoever has it may join the swarm of the stores.
 *
 * @throws {@link NetworkError} MATERIAL_UNREADY where there is none yet
 */
export async function exportSwarmKey(dir: string): Promise<string> {
  const { paths } = await openNetwork(dir);
  const key = await readIfThere(paths.swarmKey);
  if (key === null) throw new NetworkError('MATERIAL_UNREADY', { dir: paths.dir });
  return key;
}

/** @throws {@link NetworkError} MATERIAL_INVALID where it is none, or another one is in use here */
export async function importSwarmKey(dir: string, key: string, source: string): Promise<void> {
  const { paths, local } = await openNetwork(dir);
  const refuse = (problem: string): NetworkError =>
    new NetworkError('MATERIAL_INVALID', { source, problem });
  if (!isSwarmKey(key)) throw refuse('it is not a swarm key');
  const own = await readIfThere(paths.swarmKey);
  if (own === key) return;
  const isUsed = local.organizations.some(
    ({ kubo }) => kubo !== null && existsSync(join(paths.data(kubo.name), 'swarm.key')),
  );
  if (own !== null && isUsed) throw refuse('the stores of this host have another one already');
  await writeSecret(paths.swarmKey, key);
}
