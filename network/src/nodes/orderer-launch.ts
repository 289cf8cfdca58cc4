import { join } from 'node:path';
import type { ProcessLaunch } from '../process/start-process.js';
import type { Node } from '../topology/topology.js';
import { endpoint, type NodeContext, organizationOf, LOGGING_SPEC } from './context.js';

/**
 * An orderer with orderer.yaml as it comes, and everything of its own in the environment. One
 * certificate serves its clients, its fellow orderers and its admin endpoint; the admin and
 * operations endpoints take only clients with a certificate of the organization's TLS CA.
 */
export function ordererLaunch(node: Node<'orderer'>, context: NodeContext): ProcessLaunch {
  const { paths, tools, topology } = context;
  const { mspId } = organizationOf(topology, node.organization);
  const { msp, tlsCertificate, tlsKey, tlsCa } = paths
    .organization(node.organization)
    .node(node.short);
  const data = paths.data(node.name);
  const tls = (prefix: string): Record<string, string> => ({
    [`${prefix}_TLS_ENABLED`]: 'true',
    [`${prefix}_TLS_PRIVATEKEY`]: tlsKey,
    [`${prefix}_TLS_CERTIFICATE`]: tlsCertificate,
  });
  const mutualTls = (prefix: string): Record<string, string> => ({
    ...tls(prefix),
    [`${prefix}_TLS_CLIENTAUTHREQUIRED`]: 'true',
    [`${prefix}_TLS_CLIENTROOTCAS`]: `[${tlsCa}]`,
  });
  return {
    node: node.name,
    command: [tools.program('orderer')],
    env: {
      FABRIC_CFG_PATH: tools.configDir,
      FABRIC_LOGGING_SPEC: LOGGING_SPEC,
      ORDERER_GENERAL_LISTENADDRESS: node.address,
      ORDERER_GENERAL_LISTENPORT: String(node.ports.grpc),
      ORDERER_GENERAL_LOCALMSPID: mspId,
      ORDERER_GENERAL_LOCALMSPDIR: msp,
      ...tls('ORDERER_GENERAL'),
      ORDERER_GENERAL_TLS_ROOTCAS: `[${tlsCa}]`,
      ORDERER_GENERAL_CLUSTER_CLIENTCERTIFICATE: tlsCertificate,
      ORDERER_GENERAL_CLUSTER_CLIENTPRIVATEKEY: tlsKey,
      ORDERER_GENERAL_BOOTSTRAPMETHOD: 'none',
      // A fellow orderer that comes back is dialled within a second, not within two minutes.
      ORDERER_GENERAL_BACKOFF_BASEDELAY: '200ms',
      ORDERER_GENERAL_BACKOFF_MAXDELAY: '1s',
      ORDERER_CHANNELPARTICIPATION_ENABLED: 'true',
      ORDERER_FILELEDGER_LOCATION: join(data, 'ledger'),
      ORDERER_CONSENSUS_WALDIR: join(data, 'wal'),
      ORDERER_CONSENSUS_SNAPDIR: join(data, 'snapshots'),
      ORDERER_ADMIN_LISTENADDRESS: endpoint(node.address, node.ports.admin),
      ...mutualTls('ORDERER_ADMIN'),
      ORDERER_OPERATIONS_LISTENADDRESS: endpoint(node.address, node.ports.operations),
      ...mutualTls('ORDERER_OPERATIONS'),
      ORDERER_METRICS_PROVIDER: 'prometheus',
    },
    cwd: data,
    log: paths.log(node.name),
    record: paths.record(node.name),
  };
}
