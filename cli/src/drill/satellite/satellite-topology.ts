import { loadTopology } from '@emr-share/network';
import { SatelliteSites } from './satellite-sites.js';

/** Three hospitals and the regulator. */
export const SITES = ['a', 'b', 'c', 'd'] as const;
/** The emergency post: clients only, of hospital a. */
export const POST = 'e';

const MEMBERS = [
  { name: 'hospa', mspId: 'HospAMSP', kind: 'hospital', peers: 1, host: 'a' },
  { name: 'hospb', mspId: 'HospBMSP', kind: 'hospital', peers: 1, host: 'b' },
  { name: 'hospc', mspId: 'HospCMSP', kind: 'hospital', peers: 1, host: 'c' },
  { name: 'regulator', mspId: 'RegulatorMSP', kind: 'regulator', peers: 0, host: 'd' },
] as const;

/** Which organization is at which site. */
export const MSP_AT = { a: 'HospAMSP', b: 'HospBMSP', c: 'HospCMSP' } as const;

/**
 * The topology file of the drill, with times that suit the link: a proposal, its votes and two
 * retransmissions fit into each of them, so that no orderer takes the distance for a failure.
 */
export async function satelliteTopology(basePort: number): Promise<string> {
  const { tools, contract } = await loadTopology('dev', { basePort });
  const hosts = Object.fromEntries(SITES.map((site, i) => [site, SatelliteSites.addressOf(i)]));
  return JSON.stringify({
    version: 1,
    name: 'emr-satellite',
    channel: 'emr',
    basePort,
    tools,
    hosts,
    contract: { name: contract.name, version: contract.version, sequence: contract.sequence },
    ordering: {
      type: 'bft',
      bft: {
        // An emergency travels alone: there is nothing to wait for to fill its block.
        batchMaxIntervalMs: 20,
        requestForwardTimeoutMs: 3_000,
        requestComplainTimeoutMs: 5_000,
        viewChangeResendIntervalMs: 2_000,
        viewChangeTimeoutMs: 8_000,
        leaderHeartbeatTimeoutMs: 4_000,
        collectTimeoutMs: 2_000,
      },
    },
    organizations: MEMBERS,
  });
}
