import { describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { readFile } from 'node:fs/promises';
import { endorsementRule, renderConfigtx } from '../src/channel/configtx.js';
import { loadTopology, networkPaths, parseTopology, type Topology } from '../src/index.js';
import { profilePath } from '../src/topology/load.js';

interface Entry {
  Name: string;
  Policies: Record<string, { Rule: string }>;
  OrdererEndpoints?: string[];
  AnchorPeers?: { Host: string; Port: number }[];
  MSPDir: string;
}
interface Section {
  [key: string]: unknown;
  Organizations: Entry[];
  Policies: Record<string, { Type: string; Rule: string }>;
}

function render(topology: Topology): { Orderer: Section; Application: Section } {
  const text = renderConfigtx(topology, networkPaths('/net'));
  const { Profiles } = parse(text) as {
    Profiles: { Consortium: { Orderer: Section; Application: Section } };
  };
  return Profiles.Consortium;
}

const dev = await loadTopology('dev');

async function withOrganizations(count: number, type: string): Promise<Topology> {
  const file = parse(await readFile(profilePath('dev'), 'utf8')) as Record<string, unknown>;
  const organizations = (file['organizations'] as unknown[]).slice(0, count);
  return parseTopology(stringify({ ...file, organizations, ordering: { type } }), 'test');
}

describe('configtx.yaml', () => {
  it('has one consenter for each orderer, numbered from 1, under its own MSP', () => {
    const mapping = render(dev).Orderer['ConsenterMapping'] as Record<string, unknown>[];
    expect(mapping.map(({ ID, MSPID, Port }) => [ID, MSPID, Port])).toEqual([
      [1, 'HospAMSP', 17_010],
      [2, 'HospBMSP', 17_110],
      [3, 'HospCMSP', 17_210],
      [4, 'RegulatorMSP', 17_310],
    ]);
    expect(mapping[3]?.['Identity']).toBe(
      '../organizations/regulator/nodes/orderer/msp/signcerts/cert.pem',
    );
  });

  it('gives every SmartBFT field a value, for one that is left out becomes empty', () => {
    const smart = render(dev).Orderer['SmartBFT'] as Record<string, unknown>;
    expect(Object.keys(smart)).toHaveLength(15);
    const { batch, bft } = dev.ordering;
    expect(smart).toMatchObject({
      RequestForwardTimeout: `${String(bft.requestForwardTimeoutMs)}ms`,
      RequestComplainTimeout: `${String(bft.requestComplainTimeoutMs)}ms`,
      RequestBatchMaxInterval: `${String(bft.batchMaxIntervalMs)}ms`,
      RequestBatchMaxCount: batch.maxMessages,
    });
  });

  it('asks for two of three hospitals, and never for the regulator', () => {
    const rule = "OutOf(2, 'HospAMSP.peer', 'HospBMSP.peer', 'HospCMSP.peer')";
    const { Policies } = render(dev).Application;
    expect(Policies['Endorsement']).toEqual({ Type: 'Signature', Rule: rule });
    expect(Policies['LifecycleEndorsement']).toEqual({ Type: 'Signature', Rule: rule });
  });

  it('makes the regulator a member of the application, so that it can audit', () => {
    const { Organizations } = render(dev).Application;
    expect(Organizations.map(({ Name }) => Name)).toContain('RegulatorMSP');
    const regulator = Organizations.find(({ Name }) => Name === 'RegulatorMSP');
    expect(regulator?.Policies['Readers']?.Rule).toContain("'RegulatorMSP.client'");
    expect(regulator).not.toHaveProperty('AnchorPeers');
  });

  it('names all peers as anchors and each orderer at its organization', () => {
    const [hospa] = render(dev).Application.Organizations;
    expect(hospa?.AnchorPeers).toEqual([
      { Host: '127.0.0.1', Port: 17_040 },
      { Host: '127.0.0.1', Port: 17_045 },
    ]);
    expect(hospa?.OrdererEndpoints).toEqual(['127.0.0.1:17010']);
    expect(hospa?.MSPDir).toBe('../organizations/hospa/msp');
  });

  it('keeps the BlockValidation policy that configtxgen turns into a quorum', () => {
    expect(render(dev).Orderer.Policies).toHaveProperty('BlockValidation');
  });

  it('renders raft without any BFT setting', async () => {
    const { Orderer } = render(await withOrganizations(3, 'raft'));
    expect(Orderer['OrdererType']).toBe('etcdraft');
    expect(Orderer).not.toHaveProperty('SmartBFT');
    expect(Orderer).not.toHaveProperty('ConsenterMapping');
    const raft = Orderer['EtcdRaft'] as { Consenters: unknown[] };
    expect(raft.Consenters).toHaveLength(3);
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
  ])('with %i hospitals takes %i to endorse', async (count, needed) => {
    expect(endorsementRule(await withOrganizations(count, 'raft'))).toMatch(
      new RegExp(`^OutOf\\(${String(needed)}, `),
    );
  });
});
