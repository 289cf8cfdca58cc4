import type { ProcessLaunch } from '../process/start-process.js';
import type { Node } from '../topology/topology.js';
import { endpoint, type NodeContext, organizationOf } from './context.js';

/** The organization's contract service: one process for all of its peers, mutual TLS with them only. */
export function contractLaunch(node: Node<'contract'>, context: NodeContext): ProcessLaunch {
  const { paths, topology, contract, packageId } = context;
  const organization = paths.organization(node.organization);
  const { tlsCertificate, tlsKey, tlsCa } = organization.node(node.short);
  return {
    node: node.name,
    command: contract.command,
    env: {
      CHAINCODE_SERVER_ADDRESS: endpoint(node.address, node.ports.grpc),
      CORE_CHAINCODE_ID_NAME: packageId,
      CORE_PEER_LOCALMSPID: organizationOf(topology, node.organization).mspId,
      CHAINCODE_TLS_KEY_FILE: tlsKey,
      CHAINCODE_TLS_CERT_FILE: tlsCertificate,
      CHAINCODE_TLS_CLIENT_CACERT_FILE: tlsCa,
      EMR_CUSTODIAN_KEY_FILE: organization.custodianKey,
      ...contract.env,
    },
    cwd: paths.data(node.name),
    log: paths.log(node.name),
    record: paths.record(node.name),
  };
}
