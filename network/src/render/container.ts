/**
 * What container formats have in common: the official images and where they keep their programs.
 *
 * @module
 */
import type { Topology } from '../topology/topology.js';
import { type DeploymentUnit, deploymentUnits, type Layout } from './unit.js';

/** As in the official peer image, which brings the builder for contracts that are services. */
const BUILDER = '/opt/hyperledger/ccaas_builder';
const CONFIG = '/etc/hyperledger/fabric';
const CONTRACT = '/opt/emr-share/chaincode/dist/service/main.js';
/** A user without rights; the folders that are mounted must be its own. */
export const CONTAINER_USER = 10_001;

const LAYOUT: Layout = {
  locate: (path) =>
    path
      .replace(/^bin\//, '/usr/local/bin/')
      .replace(/^config\//, `${CONFIG}/`)
      .replace(/^builders\/ccaas/, BUILDER),
  contract: CONTRACT,
};

/** The image of each role, by the versions of the topology. */
export function imageOf({ node }: DeploymentUnit, { tools, contract }: Topology): string {
  const images = {
    ca: `hyperledger/fabric-ca:${tools.fabricCa}`,
    orderer: `hyperledger/fabric-orderer:${tools.fabric}`,
    peer: `hyperledger/fabric-peer:${tools.fabric}`,
    kubo: `ipfs/kubo:v${tools.kubo}`,
    contract: `emr-share/contract:${contract.version}`,
  };
  return images[node.role];
}

export function containerUnits(topology: Topology, host: string | null): DeploymentUnit[] {
  return deploymentUnits(topology, host, LAYOUT);
}
