/**
 * The scene of the satellite drill: hospitals that see each other over a satellite, an emergency post,
 * and a hospital that can be lost.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killNodes, type LinkCounts, type LinkTerms } from '@emr-share/network';
import { CliError } from '../../errors/cli-error.js';
import { Programs } from '../hosts/programs.js';
import { SeveralHosts } from '../hosts/several-hosts.js';
import { ChildOnHost } from './child-on-host.js';
import type { FromCrowd, ToCrowd } from './crowd-child.js';
import type { HospitalReady, HospitalTask } from './hospital-messages.js';
import type { Emergency, FromPost, PostTask, ToPost } from './post-messages.js';
import { SatelliteSites } from './satellite-sites.js';
import { MSP_AT, POST, satelliteTopology, SITES } from './satellite-topology.js';

/** Beyond the ports of the organizations. */
const SERVICE_PORT_OFFSET = 800;
const DEVICE_PORT_OFFSET = 900;
/** The hospital that is lost: the patient's own. */
const LOST = 'c';
const LOST_NODES = ['orderer', 'peer0', 'contract', 'kubo', 'ca'].map((node) => `${node}.hospc`);

const PATIENTS_AT_ONCE = 300;

type Hospital = keyof typeof MSP_AT;
const HOSPITALS = Object.keys(MSP_AT) as Hospital[];

export interface SatelliteSceneOptions {
  readonly basePort: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

interface Service {
  readonly site: Hospital;
  readonly mspId: string;
  readonly address: string;
  readonly port: number;
}

export class SatelliteScene implements AsyncDisposable {
  readonly #sites: SatelliteSites;
  readonly #programs: Programs;
  readonly #network: SeveralHosts;
  readonly #folder: string;
  readonly #children: { end: () => Promise<void> }[] = [];
  #post: ChildOnHost<ToPost, FromPost> | undefined;

  private constructor(sites: SatelliteSites, folder: string, signal: AbortSignal) {
    this.#sites = sites;
    this.#folder = folder;
    this.#programs = new Programs(sites.machines);
    this.#network = new SeveralHosts({ programs: this.#programs, hosts: SITES, folder, signal });
  }

  /**
   * Brings everything up, over good lines. Needs root, `ip` and `socat`.
   *
   * @throws NetworkError `FAULT_NOT_PERMITTED`, `TOOL_INVALID`; CliError `DRILL_FAILED`
   */
  static async open(options: SatelliteSceneOptions): Promise<SatelliteScene> {
    const { basePort, seed, signal } = options;
    const firstPort = basePort + DEVICE_PORT_OFFSET;
    const sites = await SatelliteSites.open({ hosts: [...SITES, POST], firstPort, seed });
    const folder = await mkdtemp(join(tmpdir(), 'emr-satellite-'));
    const scene = new SatelliteScene(sites, folder, signal);
    try {
      await scene.#bringUp(options);
      return scene;
    } catch (error) {
      await scene[Symbol.asyncDispose]();
      throw error;
    }
  }

  get linkCounts(): LinkCounts {
    return this.#sites.counts;
  }

  /**
   * Registers patients at all three hospitals, so many in all, over good lines.
   *
   * @throws CliError `DRILL_FAILED`
   */
  async registerPatients(patients: number, { seed, note }: SatelliteSceneOptions): Promise<void> {
    const offices = HOSPITALS.map((site) => ({
      child: new ChildOnHost<ToCrowd, FromCrowd>(this.#sites.machines, site, 'crowd-child'),
      task: { dir: this.#network.networkOf(site), mspId: MSP_AT[site], seed },
    }));
    try {
      const share = PATIENTS_AT_ONCE / HOSPITALS.length;
      for (let done = 0; done < patients; done += PATIENTS_AT_ONCE) {
        const from = done / HOSPITALS.length;
        const left = Math.ceil((patients - done) / HOSPITALS.length);
        const to = from + Math.min(share, left);
        const answers = offices.map(({ child, task }) => child.ask({ ...task, from, to }));
        const failed = (await Promise.all(answers)).find(({ kind }) => kind === 'failed');
        if (failed?.kind === 'failed') {
          throw new CliError('DRILL_FAILED', `registering patients: ${failed.problem}`);
        }
        note(`${String(Math.min(patients, done + PATIENTS_AT_ONCE))} patients registered`);
      }
    } finally {
      for (const { child } of offices) await child.end();
    }
  }

  /** Cuts the terrestrial lines. */
  overToSatellite(terms: LinkTerms): void {
    this.#sites.setTerms(terms);
  }

  /** Hospital c is gone from one moment to the next: nobody is told, no connection is ended. */
  async lose(): Promise<void> {
    this.#sites.cutOff(LOST);
    await killNodes(this.#network.networkOf(LOST), LOST_NODES);
  }

  /** Has the post's connections open, as at a post that is in use. */
  async warmUp(): Promise<void> {
    await this.#tell({ kind: 'warm-up' });
  }

  /** One emergency. Throws CliError `DRILL_FAILED` with what stopped it. */
  async declare(): Promise<Emergency> {
    const answer = await this.#tell({ kind: 'declare' });
    if (answer.kind !== 'emergency') throw new TypeError('the post did not answer');
    return answer.emergency;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children.reverse()) await child.end();
    await this.#programs.stop();
    try {
      await this.#network.down();
      await rm(this.#folder, { recursive: true, force: true });
    } finally {
      await this.#sites[Symbol.asyncDispose]();
    }
  }

  async #bringUp({ basePort, note }: SatelliteSceneOptions): Promise<void> {
    note('bringing up three hospitals and a regulator, each at a place of its own');
    await this.#network.up(await satelliteTopology(basePort));
    const services = HOSPITALS.map((site) => ({
      site,
      mspId: MSP_AT[site],
      address: SatelliteSites.addressOf(SITES.indexOf(site)),
      port: basePort + SERVICE_PORT_OFFSET,
    }));
    const token = randomBytes(16).toString('hex');
    for (const service of services) await this.#openHospital(service, token);
    note('a patient with records, and an emergency post');
    this.#post = new ChildOnHost(this.#sites.machines, POST, 'post-child');
    this.#children.push(this.#post);
    await this.#tell(this.#postTask(services, token));
    await this.warmUp();
  }

  async #openHospital({ site, mspId, address, port }: Service, token: string): Promise<void> {
    const { machines } = this.#sites;
    const child = new ChildOnHost<HospitalTask, HospitalReady>(machines, site, 'hospital-child');
    this.#children.push(child);
    await child.ask({ dir: this.#network.networkOf(site), mspId, address, port, token });
  }

  #postTask(services: readonly Service[], token: string): PostTask {
    return {
      kind: 'set-up',
      networks: Object.fromEntries(
        HOSPITALS.map((site) => [MSP_AT[site], this.#network.networkOf(site)]),
      ),
      hospitals: services.map(({ mspId, address, port }) => ({
        mspId,
        url: `http://${address}:${String(port)}`,
      })),
      token,
      approver: MSP_AT.b,
      physicianOf: MSP_AT.a,
      patientOf: MSP_AT[LOST],
    };
  }

  async #tell(message: ToPost): Promise<FromPost> {
    if (this.#post === undefined) throw new TypeError('there is no post yet');
    const answer = await this.#post.ask(message);
    if (answer.kind !== 'failed') return answer;
    throw new CliError('DRILL_FAILED', `the emergency post: ${answer.problem}`);
  }
}
