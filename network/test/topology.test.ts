import { describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { readFile } from 'node:fs/promises';
import {
  hospitals,
  loadTopology,
  NetworkError,
  nodesOf,
  orderers,
  parseTopology,
  PROFILES,
} from '../src/index.js';
import { profilePath } from '../src/topology/load.js';

interface FileForm {
  [key: string]: unknown;
  organizations: Record<string, unknown>[];
  ordering: { type: string; bft?: Record<string, number> };
}

const dev = parse(await readFile(profilePath('dev'), 'utf8')) as FileForm;

/** The problem with the dev topology after a change to it. */
function problemAfter(change: (file: FileForm) => void): string {
  const file = structuredClone(dev);
  change(file);
  try {
    parseTopology(stringify(file), 'test.yaml');
  } catch (error) {
    if (NetworkError.is(error, 'TOPOLOGY_INVALID')) return error.details.problem;
    throw error;
  }
  throw new Error('the topology was accepted');
}

describe('the topologies that come with the package', () => {
  it.each(PROFILES)(
    '%s is three hospitals, a regulator, four BFT orderers, six peers',
    async (name) => {
      const topology = await loadTopology(name);
      expect(hospitals(topology)).toHaveLength(3);
      expect(orderers(topology)).toHaveLength(4);
      expect(nodesOf(topology).filter(({ role }) => role === 'peer')).toHaveLength(6);
      expect(topology.ordering.type).toBe('bft');
      const [regulator] = topology.organizations.filter(({ kind }) => kind === 'regulator');
      expect(regulator).toMatchObject({ peers: [], contract: null, kubo: null });
    },
  );

  it('cut blocks of 1 MB or 2 s in paper', async () => {
    const { ordering } = await loadTopology('paper');
    expect(ordering.batch.maxBytes).toBe(1_048_576);
    expect(ordering.bft.batchMaxIntervalMs).toBe(2_000);
  });
});

describe('resolving a topology', () => {
  it('gives each organization a block of ports from the base port on', async () => {
    const topology = await loadTopology('dev', { basePort: 20_000 });
    const [hospa, hospb] = topology.organizations;
    expect(hospa?.ca.ports.api).toBe(20_000);
    expect(hospb?.ca.ports.api).toBe(20_100);
    expect(hospb?.peers[1]?.ports).toEqual({ grpc: 20_145, chaincode: 20_146, operations: 20_147 });
  });

  it('takes a port from the file where it is set there', () => {
    const file = structuredClone(dev);
    file.organizations[0]!['ports'] = { peer1: { grpc: 7051 } };
    const [hospa] = parseTopology(stringify(file), 'test.yaml').organizations;
    expect(hospa?.peers[1]?.ports).toMatchObject({ grpc: 7051, chaincode: 17_046 });
  });

  it('names users and their attributes', async () => {
    const topology = await loadTopology('dev');
    const [auditor] = topology.organizations[3]!.users;
    expect(auditor).toEqual({
      name: 'auditor',
      attributes: { 'emr.user': 'auditor-regulator', role: 'auditor' },
    });
  });

  it('lets raft do with one orderer', () => {
    const file = structuredClone(dev);
    file.ordering = { type: 'raft' };
    file.organizations = file.organizations.slice(0, 1);
    expect(orderers(parseTopology(stringify(file), 'test.yaml'))).toHaveLength(1);
  });
});

describe('a topology that cannot work is refused', () => {
  it.each<[string, (file: FileForm) => void, RegExp]>([
    ['an unknown setting', (f) => (f['portBase'] = 1), /portBase/],
    ['another format version', (f) => (f['version'] = 2), /version/],
    [
      'an MSP ID with a blank',
      (f) => (f.organizations[0]!['mspId'] = 'A B'),
      /organizations\.0\.mspId/,
    ],
    ['a name twice', (f) => (f.organizations[1]!['name'] = 'hospa'), /hospa is there twice/],
    [
      'an MSP ID twice',
      (f) => (f.organizations[1]!['mspId'] = 'HospAMSP'),
      /HospAMSP is there twice/,
    ],
    ['a regulator with peers', (f) => (f.organizations[3]!['peers'] = 1), /regulator has no peers/],
    ['a hospital without peers', (f) => (f.organizations[0]!['peers'] = 0), /needs a peer/],
    ['an unknown host', (f) => (f.organizations[0]!['host'] = 'moon'), /no host moon/],
    [
      'BFT with three orderers',
      (f) => (f.organizations[3]!['orderer'] = false),
      /needs 4 orderers/,
    ],
    [
      'no orderer',
      (f) => (f.organizations = f.organizations.map((o) => ({ ...o, orderer: false }))),
      /has an orderer/,
    ],
    ['no hospital', (f) => (f.organizations = f.organizations.slice(3)), /no hospital/],
    [
      'a port that two nodes want',
      (f) => (f.organizations[1]!['ports'] = { ca: { api: 17_000 } }),
      /127\.0\.0\.1:17000 is used by ca\.hospa and ca\.hospb/,
    ],
    [
      'ports of no node',
      (f) => (f.organizations[0]!['ports'] = { peer7: { grpc: 7000 } }),
      /no node peer7/,
    ],
    [
      'a port of no name',
      (f) => (f.organizations[0]!['ports'] = { ca: { http: 7000 } }),
      /no port http/,
    ],
    ['a block beyond the last port', (f) => (f['basePort'] = 65_300), /no port 65/],
    [
      'a user named admin',
      (f) => (f.organizations[0]!['users'] = [{ name: 'admin', role: 'admin' }]),
      /user admin is made/,
    ],
    [
      'complaints before forwarding',
      (f) => (f.ordering.bft!['requestComplainTimeoutMs'] = 100),
      /must not exceed/,
    ],
  ])('%s', (_what, change, problem) => {
    expect(problemAfter(change)).toMatch(problem);
  });

  it('says where a YAML file is broken', () => {
    expect(() => parseTopology('name: [', 'broken.yaml')).toThrow(/broken\.yaml: .*line 1/s);
  });

  it('tells that there is no file', async () => {
    await expect(loadTopology('/nowhere/x.yaml')).rejects.toMatchObject({
      code: 'TOPOLOGY_INVALID',
    });
  });

  it('reports every problem at once', () => {
    const problem = problemAfter((file) => {
      file['basePort'] = 1;
      file['channel'] = 'EMR';
    });
    expect(problem).toMatch(/channel: .*; basePort: /);
  });
});
