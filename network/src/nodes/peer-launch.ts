import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessLaunch } from '../process/start-process.js';
import { isServedAtStandby } from '../topology/contract.js';
import type { Node, Organization, Topology } from '../topology/topology.js';
import { COUCHDB_SECRETS, couchdbEnvironment, couchdbLaunch, couchdbUrlOf } from './couchdb.js';
import { endpoint, IDENTITIES, type NodeContext, organizationOf, LOGGING_SPEC } from './context.js';

/** Both, whichever is in use: a contract that is installed later may be served at the other one. */
function serviceAddresses(
  contract: Node<'contract'> | null,
  topology: Topology,
): { address: string; standby_address: string } {
  if (contract === null) return { address: '', standby_address: '' };
  const { grpc, standby } = contract.ports;
  const ports = isServedAtStandby(topology.contract) ? [standby, grpc] : [grpc, standby];
  const [address = '', standby_address = ''] = ports.map((port) =>
    endpoint(contract.address, port),
  );
  return { address, standby_address };
}

/**
 * What the contract package's connection template is filled with at this organization. The external
 * builder takes it from the environment and leaves a copy in the peer's data folder, private key and
 * all: hence a key of its own, good for nothing but dialling the contract service.
 */
async function builderConfig(organization: Organization, context: NodeContext): Promise<string> {
  const { contract } = organization;
  const { tlsCertificate, tlsKey, tlsCa } = context.paths
    .organization(organization.name)
    .node(IDENTITIES.contractClient);
  return JSON.stringify({
    ...serviceAddresses(contract, context.topology),
    root_cert: await readFile(tlsCa, 'utf8'),
    client_key: await readFile(tlsKey, 'utf8'),
    client_cert: await readFile(tlsCertificate, 'utf8'),
  });
}

/** The other peers of the organization; a peer that is alone bootstraps from itself. */
function gossipBootstrap(node: Node<'peer'>, { peers }: Organization): string {
  const others = peers.filter((peer) => peer.name !== node.name);
  return (others.length > 0 ? others : [node])
    .map(({ address, ports }) => endpoint(address, ports.grpc))
    .join(' ');
}

/** A peer asks a minute for the private data of each block that it gets. */
const WITHOUT_PRIVATE_DATA = { CORE_PEER_GOSSIP_PVTDATA_PULLRETRYTHRESHOLD: '0s' };

/** The variable that tells a peer's external builder how to reach the contract service: a secret. */
export const BUILDER_VARIABLE = 'CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG';

/**
 * A peer's settings: core.yaml as it comes, and everything of its own in the environment; without
 * Docker, with the contract as a service. Without {@link BUILDER_VARIABLE} and without the
 * credentials for CouchDB, hence without secrets.
 */
export function peerEnvironment(
  node: Node<'peer'>,
  context: Pick<NodeContext, 'topology' | 'paths' | 'tools'>,
): Record<string, string> {
  const { paths, tools, topology } = context;
  const organization = organizationOf(topology, node.organization);
  const identity = paths.organization(node.organization).node(node.short);
  const data = paths.data(node.name);
  const address = endpoint(node.address, node.ports.grpc);
  const chaincodeAddress = endpoint(node.address, node.ports.chaincode);
  const builder = [
    {
      name: 'ccaas_builder',
      path: tools.builderDir,
      propagateEnvironment: [BUILDER_VARIABLE],
    },
  ];
  return {
    FABRIC_CFG_PATH: tools.configDir,
    FABRIC_LOGGING_SPEC: LOGGING_SPEC,
    CORE_PEER_ID: node.name,
    CORE_PEER_LOCALMSPID: organization.mspId,
    CORE_PEER_MSPCONFIGPATH: identity.msp,
    CORE_PEER_ADDRESS: address,
    CORE_PEER_LISTENADDRESS: address,
    CORE_PEER_CHAINCODEADDRESS: chaincodeAddress,
    CORE_PEER_CHAINCODELISTENADDRESS: chaincodeAddress,
    CORE_PEER_TLS_ENABLED: 'true',
    CORE_PEER_TLS_CERT_FILE: identity.tlsCertificate,
    CORE_PEER_TLS_KEY_FILE: identity.tlsKey,
    CORE_PEER_TLS_ROOTCERT_FILE: identity.tlsCa,
    CORE_PEER_FILESYSTEMPATH: data,
    CORE_PEER_GOSSIP_BOOTSTRAP: gossipBootstrap(node, organization),
    CORE_PEER_GOSSIP_EXTERNALENDPOINT: address, // without it other organizations never hear of it
    CORE_PEER_GOSSIP_DIALTIMEOUT: '1s',
    // Peers that join at the same moment refuse each other at first; 25 s is the default.
    CORE_PEER_GOSSIP_RECONNECTINTERVAL: '2s',
    CORE_PEER_GOSSIP_PVTDATA_PUSHACKTIMEOUT: '500ms',
    // 1 would refuse every fragment while the organization's other peer is down.
    CORE_PEER_GOSSIP_PVTDATA_IMPLICITCOLLECTIONDISSEMINATIONPOLICY_REQUIREDPEERCOUNT: '0',
    CORE_PEER_LIMITS_CONCURRENCY_GATEWAYSERVICE: '2500',
    ...couchdbEnvironment(node, organization),
    CORE_LEDGER_SNAPSHOTS_ROOTDIR: join(data, 'snapshots'),
    CORE_LEDGER_PVTDATASTORE_PURGEINTERVAL: '1',
    CORE_OPERATIONS_LISTENADDRESS: endpoint(node.address, node.ports.operations),
    CORE_OPERATIONS_TLS_ENABLED: 'true',
    CORE_OPERATIONS_TLS_CERT_FILE: identity.tlsCertificate,
    CORE_OPERATIONS_TLS_KEY_FILE: identity.tlsKey,
    CORE_OPERATIONS_TLS_CLIENTAUTHREQUIRED: 'true',
    CORE_OPERATIONS_TLS_CLIENTROOTCAS_FILES: identity.tlsCa,
    CORE_METRICS_PROVIDER: 'prometheus',
    // An orderer whose host is gone sends nothing, not even an end: another one's headers tell.
    CORE_PEER_DELIVERYCLIENT_BLOCKCENSORSHIPTIMEOUTKEY: '3s',
    CORE_VM_ENDPOINT: '', // no Docker: otherwise its absence makes the peer unhealthy
    CORE_CHAINCODE_EXTERNALBUILDERS: JSON.stringify(builder),
    CORE_CHAINCODE_KEEPALIVE: '0', // fabric-shim 2.5.8 ends its process at a keep-alive message
  };
}

/**
 * {@link peerEnvironment}, run by the program of this version.
 *
 * @throws {@link NetworkError} COUCHDB_CREDENTIALS
 */
export async function peerLaunch(node: Node<'peer'>, context: NodeContext): Promise<ProcessLaunch> {
  const { paths, tools, topology } = context;
  const organization = organizationOf(topology, node.organization);
  const { env: couchdbEnv, ...secret } = await couchdbLaunch(node, organization);
  return {
    node: node.name,
    ...secret,
    command: [tools.program('peer'), 'node', 'start'],
    env: {
      ...peerEnvironment(node, context),
      ...(context.catchingUp === node.organization ? WITHOUT_PRIVATE_DATA : {}),
      ...couchdbEnv,
      [BUILDER_VARIABLE]: await builderConfig(organization, context),
    },
    cwd: paths.data(node.name),
    log: paths.log(node.name),
    record: paths.record(node.name),
  };
}

/** Names of the variables that {@link peerLaunch} has beyond {@link peerEnvironment}'s. */
export function secretVariables(node: Node<'peer'>, topology: Topology): string[] {
  const url = couchdbUrlOf(node, organizationOf(topology, node.organization));
  return url === null ? [BUILDER_VARIABLE] : [BUILDER_VARIABLE, ...COUCHDB_SECRETS];
}
