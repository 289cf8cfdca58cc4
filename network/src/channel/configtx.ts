/**
 * configtx.yaml: the channel's first configuration, rendered from the topology. configtxgen makes the
 * genesis block of it.
 *
 * @module
 */
import { relative } from 'node:path';
import { stringify } from 'yaml';
import type { NetworkPaths } from '../files/network-paths.js';
import { endpoint } from '../nodes/context.js';
import { hospitals, type Node, type Organization, type Topology } from '../topology/topology.js';

/** Name of the profile that configtxgen is asked for. */
export const CONFIGTX_PROFILE = 'Consortium';

const milliseconds = (ms: number): string => `${String(ms)}ms`;
const implicit = (rule: string): object => ({ Type: 'ImplicitMeta', Rule: rule });
const signature = (rule: string): object => ({ Type: 'Signature', Rule: rule });

/**
 * More than half of the hospitals. Spelled out, for in Fabric's MAJORITY the regulator, which has no
 * peers, would count too, and one dead hospital would stop the channel.
 */
export function endorsementRule(topology: Topology): string {
  const members = hospitals(topology).map(({ mspId }) => `'${mspId}.peer'`);
  const majority = Math.floor(members.length / 2) + 1;
  return `OutOf(${String(majority)}, ${members.join(', ')})`;
}

function organizationPolicies({ mspId, peers }: Organization): Record<string, object> {
  const anyOf = (...roles: string[]): object =>
    signature(`OR(${roles.map((role) => `'${mspId}.${role}'`).join(', ')})`);
  const policies = {
    Readers: anyOf('admin', 'peer', 'client', 'orderer'),
    Writers: anyOf('admin', 'client', 'orderer'),
    Admins: anyOf('admin'),
  };
  return peers.length > 0 ? { ...policies, Endorsement: anyOf('peer') } : policies;
}

function organizationEntry(organization: Organization, paths: NetworkPaths): object {
  const { mspId, orderer, peers } = organization;
  return {
    Name: mspId,
    ID: mspId,
    MSPDir: relative(paths.channelDir, paths.organization(organization.name).msp),
    Policies: organizationPolicies(organization),
    ...(orderer === null
      ? {}
      : { OrdererEndpoints: [endpoint(orderer.address, orderer.ports.grpc)] }),
    ...(peers.length === 0
      ? {}
      : { AnchorPeers: peers.map(({ address, ports }) => ({ Host: address, Port: ports.grpc })) }),
  };
}

interface Consenter {
  organization: Organization;
  orderer: Node<'orderer'>;
}

function consenters({ organizations }: Topology): Consenter[] {
  return organizations.flatMap((organization) =>
    organization.orderer === null ? [] : [{ organization, orderer: organization.orderer }],
  );
}

function consenterEntry({ organization, orderer }: Consenter, paths: NetworkPaths): object {
  const { tlsCertificate } = paths.organization(organization.name).node(orderer.short);
  const tls = relative(paths.channelDir, tlsCertificate);
  return {
    Host: orderer.address,
    Port: orderer.ports.grpc,
    ClientTLSCert: tls,
    ServerTLSCert: tls,
  };
}

function bftSettings({ ordering, ...topology }: Topology, paths: NetworkPaths): object {
  const { bft, batch } = ordering;
  return {
    OrdererType: 'BFT',
    // All fields or none: configtxgen gives one that is left out an empty value, not its default.
    SmartBFT: {
      RequestBatchMaxCount: batch.maxMessages,
      RequestBatchMaxBytes: batch.maxBytes,
      RequestBatchMaxInterval: milliseconds(bft.batchMaxIntervalMs),
      IncomingMessageBufferSize: bft.incomingMessageBufferSize,
      RequestPoolSize: bft.requestPoolSize,
      RequestForwardTimeout: milliseconds(bft.requestForwardTimeoutMs),
      RequestComplainTimeout: milliseconds(bft.requestComplainTimeoutMs),
      RequestAutoRemoveTimeout: milliseconds(bft.requestAutoRemoveTimeoutMs),
      ViewChangeResendInterval: milliseconds(bft.viewChangeResendIntervalMs),
      ViewChangeTimeout: milliseconds(bft.viewChangeTimeoutMs),
      LeaderHeartbeatTimeout: milliseconds(bft.leaderHeartbeatTimeoutMs),
      LeaderHeartbeatCount: bft.leaderHeartbeatCount,
      CollectTimeout: milliseconds(bft.collectTimeoutMs),
      // It would also ask itself, before it serves: five seconds until that connection is given up.
      SyncOnStart: false,
      SpeedUpViewChange: false,
    },
    ConsenterMapping: consenters({ ...topology, ordering }).map((consenter, i) => ({
      ID: i + 1,
      ...consenterEntry(consenter, paths),
      MSPID: consenter.organization.mspId,
      Identity: relative(
        paths.channelDir,
        paths.organization(consenter.organization.name).node(consenter.orderer.short).certificate,
      ),
    })),
  };
}

function raftSettings(topology: Topology, paths: NetworkPaths): object {
  const { raft } = topology.ordering;
  return {
    OrdererType: 'etcdraft',
    EtcdRaft: {
      Consenters: consenters(topology).map((consenter) => consenterEntry(consenter, paths)),
      Options: {
        TickInterval: milliseconds(raft.tickIntervalMs),
        ElectionTick: raft.electionTicks,
        HeartbeatTick: raft.heartbeatTicks,
        MaxInflightBlocks: raft.maxInflightBlocks,
        SnapshotIntervalSize: raft.snapshotIntervalBytes,
      },
    },
  };
}

function ordererSection(topology: Topology, paths: NetworkPaths): object {
  const { type, batch } = topology.ordering;
  return {
    ...(type === 'bft' ? bftSettings(topology, paths) : raftSettings(topology, paths)),
    BatchTimeout: milliseconds(batch.timeoutMs),
    BatchSize: {
      MaxMessageCount: batch.maxMessages,
      AbsoluteMaxBytes: batch.maxBytes,
      PreferredMaxBytes: Math.min(batch.preferredBytes, batch.maxBytes),
    },
    Organizations: consenters(topology).map(({ organization }) =>
      organizationEntry(organization, paths),
    ),
    Capabilities: { V2_0: true },
    Policies: {
      Readers: implicit('ANY Readers'),
      Writers: implicit('ANY Writers'),
      Admins: implicit('MAJORITY Admins'),
      BlockValidation: implicit('ANY Writers'), // must be there; for BFT, configtxgen puts a quorum
    },
  };
}

function applicationSection(topology: Topology, paths: NetworkPaths): object {
  const endorsement = signature(endorsementRule(topology));
  return {
    Organizations: topology.organizations.map((organization) =>
      organizationEntry(organization, paths),
    ),
    Capabilities: { V2_5: true },
    Policies: {
      Readers: implicit('ANY Readers'),
      Writers: implicit('ANY Writers'),
      Admins: implicit('MAJORITY Admins'),
      LifecycleEndorsement: endorsement,
      Endorsement: endorsement,
    },
  };
}

/** YAML for the folder of `paths.configtx`, to which its paths are relative. */
export function renderConfigtx(topology: Topology, paths: NetworkPaths): string {
  const profile = {
    Policies: {
      Readers: implicit('ANY Readers'),
      Writers: implicit('ANY Writers'),
      Admins: implicit('MAJORITY Admins'),
    },
    Capabilities: { V3_0: true },
    Orderer: ordererSection(topology, paths),
    Application: applicationSection(topology, paths),
  };
  return stringify(
    { Profiles: { [CONFIGTX_PROFILE]: profile } },
    { aliasDuplicateObjects: false, lineWidth: 0 },
  );
}
