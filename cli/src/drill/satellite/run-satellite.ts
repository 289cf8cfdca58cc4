/**
 * The satellite drill: hospitals that see each other over a satellite only, one of them lost, and an
 * emergency post that needs a patient's summary.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killNodes, SATELLITE } from '@emr-share/network';
import { CliError } from '../../errors/cli-error.js';
import { Programs } from '../hosts/programs.js';
import { SeveralHosts } from '../hosts/several-hosts.js';
import { ChildOnHost } from './child-on-host.js';
import type { HospitalReady, HospitalTask } from './hospital-messages.js';
import type { Emergency, FromPost, ToPost } from './post-messages.js';
import { satelliteResult, type SatelliteDrillResult } from './satellite-result.js';
import { SatelliteSites } from './satellite-sites.js';
import { MSP_AT, POST, satelliteTopology, SITES } from './satellite-topology.js';

/** Beyond the ports of the organizations. */
const SERVICE_PORT_OFFSET = 800;
const DEVICE_PORT_OFFSET = 900;
const LOST = 'c';

export interface SatelliteDrillOptions {
  readonly basePort: number;
  readonly runs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

type Hospital = keyof typeof MSP_AT;
const HOSPITALS = Object.keys(MSP_AT) as Hospital[];
type PostProcess = ChildOnHost<ToPost, FromPost>;

async function askPost(post: PostProcess, message: ToPost): Promise<FromPost> {
  const answer = await post.ask(message);
  if (answer.kind !== 'failed') return answer;
  throw new CliError('DRILL_FAILED', `the emergency post: ${answer.problem}`);
}

/**
 * Runs the drill: a network of its own, removed afterwards. Needs root, `ip` and `socat`.
 *
 * @throws NetworkError `FAULT_NOT_PERMITTED`, `TOOL_INVALID`; CliError `DRILL_FAILED`
 */
export async function runSatelliteDrill(
  options: SatelliteDrillOptions,
): Promise<SatelliteDrillResult> {
  const { basePort, seed, note, signal } = options;
  const hosts = [...SITES, POST];
  await using sites = await SatelliteSites.open({
    hosts,
    firstPort: basePort + DEVICE_PORT_OFFSET,
    seed,
  });
  const folder = await mkdtemp(join(tmpdir(), 'emr-satellite-'));
  const programs = new Programs(sites.machines);
  const network = new SeveralHosts({ programs, hosts: SITES, folder, signal });
  const children: { end: () => Promise<void> }[] = [];
  try {
    note('bringing up three hospitals and a regulator, each at a place of its own');
    await network.up(await satelliteTopology(basePort));
    const token = randomBytes(16).toString('hex');
    const hospitals = HOSPITALS.map((site) => ({
      site,
      mspId: MSP_AT[site],
      address: SatelliteSites.addressOf(SITES.indexOf(site)),
      port: basePort + SERVICE_PORT_OFFSET,
    }));
    for (const { site, mspId, address, port } of hospitals) {
      const child = new ChildOnHost<HospitalTask, HospitalReady>(
        sites.machines,
        site,
        'hospital-child',
      );
      children.push(child);
      await child.ask({ dir: network.networkOf(site), mspId, address, port, token });
    }
    note('a patient with records, and an emergency post');
    const post: PostProcess = new ChildOnHost(sites.machines, POST, 'post-child');
    children.push(post);
    await askPost(post, {
      kind: 'set-up',
      networks: Object.fromEntries(
        HOSPITALS.map((site) => [MSP_AT[site], network.networkOf(site)]),
      ),
      hospitals: hospitals.map(({ mspId, address, port }) => ({
        mspId,
        url: `http://${address}:${String(port)}`,
      })),
      token,
      approver: MSP_AT.b,
      physicianOf: MSP_AT.a,
      patientOf: MSP_AT[LOST],
    });
    await askPost(post, { kind: 'warm-up' });
    note('over to the satellite; hospital c is lost');
    sites.setTerms(SATELLITE);
    const lost = ['orderer.hospc', 'peer0.hospc', 'contract.hospc', 'kubo.hospc', 'ca.hospc'];
    await killNodes(network.networkOf(LOST), lost);
    sites.cutOff(LOST);
    const runs: Emergency[] = [];
    for (let i = 0; i < options.runs; i += 1) {
      await askPost(post, { kind: 'warm-up' });
      const answer = await askPost(post, { kind: 'declare' });
      if (answer.kind !== 'emergency') throw new TypeError('the post did not answer');
      runs.push(answer.emergency);
      note(`run ${String(i + 1)}: ${String(answer.emergency.declareToSummaryMs)} ms`);
    }
    return satelliteResult(runs, SATELLITE, sites.counts);
  } finally {
    for (const child of children.reverse()) await child.end();
    await programs.stop();
    await Promise.all(SITES.map((site) => network.emr(site, 'down', '--purge')));
    await rm(folder, { recursive: true, force: true });
  }
}
