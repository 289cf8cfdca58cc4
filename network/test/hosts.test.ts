import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { exportPublic, importPublic, importSwarmKey, networkPaths, up } from '../src/index.js';
import { makeCertificateRequest } from '../src/ca/certificate-request.js';
import { encodeMaterial, topologyDigest } from '../src/hosts/public-material.js';
import { parseTopology } from '../src/topology/load.js';
import { NetworkState } from '../src/up/state.js';
import { TestCa } from './support/certificates.js';
import { tempDir } from './support/temp-dir.js';

const topology = parseTopology(
  `version: 1
name: two
channel: emr
tools: { fabric: 3.1.5, fabricCa: 1.5.21, kubo: 0.42.0 }
hosts: { here: 10.0.0.1, there: 10.0.0.2 }
contract: { name: emr, version: '1.0', sequence: 1 }
ordering: { type: raft }
organizations:
  - { name: ours, mspId: Ours, kind: hospital, host: here }
  - { name: theirs, mspId: Theirs, kind: hospital, host: there }
`,
  'two',
);
const contract = { command: ['/bin/true'] as const };
const SWARM_KEY = `/key/swarm/psk/1.0.0/\n/base16/\n${'0'.repeat(64)}\n`;

/** The folder of a host as `up` leaves it at its very beginning. */
async function folderOf(host: string): Promise<string> {
  const dir = await tempDir();
  await NetworkState.begin(networkPaths(dir), topology, contract, host);
  return dir;
}

async function issued(ca: TestCa, name: string, hosts: readonly string[]): Promise<string> {
  return ca.sign((await makeCertificateRequest(name, hosts)).csr);
}

/** What host `there` exports. */
async function material() {
  const [ca, tlsca] = [await TestCa.make('ca.theirs'), await TestCa.make('tlsca.theirs')];
  return {
    network: 'two',
    topology: topologyDigest(topology),
    host: 'there',
    organizations: [
      {
        name: 'theirs',
        mspId: 'Theirs',
        caCertificate: ca.pem,
        tlsCaCertificate: tlsca.pem,
        orderer: {
          certificate: await issued(ca, 'orderer.theirs', []),
          tlsCertificate: await issued(tlsca, 'orderer.theirs', ['10.0.0.2']),
        },
        kubo: { peerId: '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo' },
      },
    ],
    genesisBlock: null,
  };
}
type Material = Awaited<ReturnType<typeof material>>;

describe('public material of another host', () => {
  it.each<[string, (good: Material) => object, string]>([
    ['of another network', (good) => ({ ...good, network: 'x' }), 'of the network x'],
    ['of this very host', (good) => ({ ...good, host: 'here' }), 'this very host'],
    ['of a host nobody knows', (good) => ({ ...good, host: 'x' }), 'no host x'],
    ['of another topology', (good) => ({ ...good, topology: 'x' }), 'differs from the one here'],
    [
      'that speaks for an organization of this host',
      (good) => ({
        ...good,
        organizations: [...good.organizations, { ...good.organizations[0]!, name: 'ours' }],
      }),
      'it speaks of ours',
    ],
    [
      'with another MSP ID',
      (good) => ({
        ...good,
        organizations: good.organizations.map((one) => ({ ...one, mspId: 'Ours' })),
      }),
      'another MSP ID',
    ],
    [
      'with an orderer that its CA did not certify',
      (good) => ({
        ...good,
        organizations: good.organizations.map((one) => ({
          ...one,
          orderer: { ...one.orderer, certificate: one.orderer.tlsCertificate },
        })),
      }),
      "not of its organization's CA",
    ],
    [
      'without its orderer',
      (good) => ({
        ...good,
        organizations: good.organizations.map((one) => ({ ...one, orderer: null })),
      }),
      'orderer.theirs is missing',
    ],
    ['with a field that nobody knows', (good) => ({ ...good, extra: 1 }), 'not what export'],
    ['with a genesis block that is none', (good) => ({ ...good, genesisBlock: '?' }), 'base64'],
  ])('is refused: %s', async (_name, change, problem) => {
    const dir = await folderOf('here');
    const text = encodeMaterial(change(await material()) as Material);
    await expect(importPublic(dir, text, 'file')).rejects.toMatchObject({
      code: 'MATERIAL_INVALID',
      message: expect.stringContaining(problem) as unknown,
    });
  });

  it.each([
    ['nothing', ''],
    ['something else', '{"a":1}'],
    ['a private key', '-----BEGIN PRIVATE KEY-----'],
    ['a huge text', 'x'.repeat(1_000_000)],
  ])('is refused: %s', async (_name, text) => {
    const dir = await folderOf('here');
    await expect(importPublic(dir, text, 'file')).rejects.toMatchObject({
      code: 'MATERIAL_INVALID',
    });
  });

  it('may be given anew until the channel is founded, and not changed after', async () => {
    const dir = await folderOf('here');
    await importPublic(dir, encodeMaterial(await material()), 'file');
    const settled = encodeMaterial(await material());
    expect(await importPublic(dir, settled, 'file')).toMatchObject({ host: 'there' });
    const { genesisBlock } = networkPaths(dir);
    await mkdir(dirname(genesisBlock), { recursive: true });
    await writeFile(genesisBlock, 'block');
    await expect(importPublic(dir, settled, 'file')).resolves.toMatchObject({ host: 'there' });
    await expect(importPublic(dir, encodeMaterial(await material()), 'file')).rejects.toMatchObject(
      { code: 'MATERIAL_INVALID' },
    );
  });

  it('is not exported before there are certificates', async () => {
    await expect(exportPublic(await folderOf('here'))).rejects.toMatchObject({
      code: 'MATERIAL_UNREADY',
    });
  });
});

describe('the swarm key', () => {
  it('is taken in the form that Kubo reads only', async () => {
    const dir = await folderOf('here');
    await expect(importSwarmKey(dir, 'secret', 'file')).rejects.toMatchObject({
      code: 'MATERIAL_INVALID',
    });
    await expect(importSwarmKey(dir, SWARM_KEY, 'file')).resolves.toBeUndefined();
  });
});

describe('a topology with several hosts', () => {
  it('is not brought up without saying which of them this is', async () => {
    const dir = join(await tempDir(), 'net');
    await expect(up(topology, { dir, contract })).rejects.toMatchObject({ code: 'HOST_NEEDED' });
    await expect(up(topology, { dir, contract, host: 'moon' })).rejects.toMatchObject({
      code: 'HOST_UNKNOWN',
      details: { known: 'here, there' },
    });
  });

  it('is not taken over as another host', async () => {
    const dir = await folderOf('here');
    await expect(up(topology, { dir, contract, host: 'there' })).rejects.toMatchObject({
      code: 'TOPOLOGY_CHANGED',
    });
  });
});
