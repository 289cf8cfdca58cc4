/**
 * Where a network keeps what: one folder, for its owner alone.
 *
 * @module
 */
import { join } from 'node:path';
import envPaths from 'env-paths';

const APP = 'emr-share';

/** The folder of the network of that name: `$XDG_DATA_HOME/emr-share/network/NAME` on Linux. */
export function defaultNetworkDir(name: string): string {
  return join(envPaths(APP, { suffix: '' }).data, 'network', name);
}

/** Where tools are kept between networks: `$XDG_CACHE_HOME/emr-share/tools` on Linux. */
export function defaultToolCache(): string {
  return join(envPaths(APP, { suffix: '' }).cache, 'tools');
}

/** The certificates and keys of one identity: its MSP folder and, for nodes, its TLS folder. */
export interface IdentityPaths {
  msp: string;
  certificate: string;
  key: string;
  tls: string;
  tlsCertificate: string;
  tlsKey: string;
  tlsCa: string;
}

export interface OrganizationPaths {
  dir: string;
  /** Public MSP folder for the channel configuration: root certificates, no keys. */
  msp: string;
  caCertificate: string;
  tlsCaCertificate: string;
  custodianKey: string;
  /** Homes of the CA server and the registrar's identities. */
  caDir: string;
  caHome: string;
  tlsCaHome: string;
  registrarSecret: string;
  registrar: (ca: 'ca' | 'tlsca') => IdentityPaths;
  /** Identity of `peer0`, `orderer`, `contract`, … */
  node: (short: string) => IdentityPaths;
  user: (name: string) => IdentityPaths;
}

export interface NetworkPaths {
  dir: string;
  state: string;
  lock: string;
  channelDir: string;
  configtx: string;
  genesisBlock: string;
  packageFile: string;
  swarmKey: string;
  /** What another host says of its organizations, and a genesis block that is not checked yet. */
  received: (host: string) => string;
  receivedGenesis: string;
  data: (node: string) => string;
  log: (node: string) => string;
  record: (node: string) => string;
  organization: (name: string) => OrganizationPaths;
}

function identityPaths(dir: string): IdentityPaths {
  const [msp, tls] = [join(dir, 'msp'), join(dir, 'tls')];
  return {
    msp,
    certificate: join(msp, 'signcerts', 'cert.pem'),
    key: join(msp, 'keystore', 'key.pem'),
    tls,
    tlsCertificate: join(tls, 'server.crt'),
    tlsKey: join(tls, 'server.key'),
    tlsCa: join(tls, 'ca.crt'),
  };
}

function organizationPaths(root: string, name: string): OrganizationPaths {
  const dir = join(root, 'organizations', name);
  const caDir = join(root, 'ca', name);
  return {
    dir,
    msp: join(dir, 'msp'),
    caCertificate: join(dir, 'msp', 'cacerts', 'ca.pem'),
    tlsCaCertificate: join(dir, 'msp', 'tlscacerts', 'tlsca.pem'),
    custodianKey: join(dir, 'custodian', 'custodian.key'),
    caDir,
    caHome: join(caDir, 'ca'),
    tlsCaHome: join(caDir, 'tlsca'),
    registrarSecret: join(caDir, 'registrar.secret'),
    registrar: (ca) => identityPaths(join(caDir, 'registrar', ca)),
    node: (short) => identityPaths(join(dir, 'nodes', short)),
    user: (user) => identityPaths(join(dir, 'users', user)),
  };
}

export function networkPaths(dir: string): NetworkPaths {
  const channelDir = join(dir, 'channel');
  return {
    dir,
    state: join(dir, 'state.json'),
    lock: join(dir, 'lock'),
    channelDir,
    configtx: join(channelDir, 'configtx.yaml'),
    genesisBlock: join(channelDir, 'genesis.block'),
    packageFile: join(channelDir, 'contract.tgz'),
    swarmKey: join(dir, 'kubo', 'swarm.key'),
    received: (host) => join(dir, 'hosts', `${host}.json`),
    receivedGenesis: join(dir, 'hosts', 'genesis.block'),
    data: (node) => join(dir, 'data', node),
    log: (node) => join(dir, 'logs', `${node}.log`),
    record: (node) => join(dir, 'run', `${node}.json`),
    organization: (name) => organizationPaths(dir, name),
  };
}
