/**
 * The two configuration files of an organization's CA server.
 *
 * @module
 */
import { stringify } from 'yaml';
import type { Organization } from '../topology/topology.js';
import type { CaName } from './ca-client.js';

/** The identity that registers all others. */
export const REGISTRAR = 'registrar';

const YEAR_HOURS = 8_760;
const ROOT_YEARS = 15;

const REGISTRAR_ATTRIBUTES = {
  'hf.Registrar.Roles': '*',
  'hf.Registrar.DelegateRoles': '*',
  'hf.Registrar.Attributes': '*',
  'hf.AffiliationMgr': true,
  'hf.Revoker': true,
  'hf.GenCRL': true,
};

/** What its certificates are for: those of the TLS CA serve and dial. */
const USAGE: Record<CaName, readonly string[]> = {
  ca: ['digital signature'],
  tlsca: ['digital signature', 'key encipherment', 'server auth', 'client auth'],
};

/**
 * YAML for `fabric-ca-server-config.yaml`. The first CA's file also sets up the server and names the
 * second CA's, relative to its own folder. Holds the registrar's secret: write it with mode 0600.
 */
export function caServerConfig(
  organization: Organization,
  ca: CaName,
  secret: string,
  hosts: readonly string[],
): string {
  const { name, address, ca: node } = organization;
  const isServer = ca === 'ca';
  return stringify({
    address,
    port: node.ports.api,
    tls: { enabled: isServer },
    ca: { name: ca },
    crl: { expiry: '24h' },
    registry: {
      maxenrollments: -1,
      identities: [
        {
          name: REGISTRAR,
          pass: secret,
          type: 'client',
          affiliation: '',
          attrs: REGISTRAR_ATTRIBUTES,
        },
      ],
    },
    db: { type: 'sqlite3', datasource: 'fabric-ca-server.db' },
    affiliations: {},
    signing: {
      default: { usage: USAGE[ca], expiry: `${String(YEAR_HOURS)}h` },
      // The server takes its own TLS certificate from its first CA, by this profile.
      profiles: { tls: { usage: USAGE.tlsca, expiry: `${String(YEAR_HOURS)}h` } },
    },
    csr: {
      cn: `${ca}.${name}`,
      keyrequest: { algo: 'ecdsa', size: 256 },
      names: [{ O: name }],
      hosts,
      ca: { expiry: `${String(ROOT_YEARS * YEAR_HOURS)}h`, pathlength: 0 },
    },
    operations: { listenAddress: `127.0.0.1:${String(node.ports.operations)}` },
    metrics: { provider: 'disabled' },
    ...(isServer ? { cafiles: ['../tlsca/fabric-ca-server-config.yaml'] } : {}),
  });
}
