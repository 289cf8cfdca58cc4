/**
 * Can ordering be relied on? A network of its own, saturated with the contract's transactions, while
 * one orderer after the other is killed and started again.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openFabricConsortium } from '@emr-share/cli/consortium';
import {
  down,
  loadTopology,
  ordering,
  type SupervisorReport,
  supervisorReport,
  type Topology,
  up,
} from '@emr-share/network';
import { describeMachine, type Machine } from '../machine.js';
import { Journal } from './journal.js';
import { killOrderers, type KillPlan } from './orderer-killer.js';
import { seededRandom } from './random.js';
import { gapsIn, type SoakSummary, summarize } from './summary.js';
import { type PeerLedger, verifyPeers } from './verify-peers.js';
import { startLoad } from './load.js';

export interface SoakOptions {
  readonly minutes: number;
  /** Seconds from one kill to the next; 0: none. */
  readonly killEvery: number;
  /** Seconds that a killed orderer is down. */
  readonly downFor: number;
  readonly victims: KillPlan['victims'];
  /** Transactions under way at once, one for each patient. */
  readonly inFlight: number;
  /** Transactions a second; left out: as many as there can be. */
  readonly rate?: number | undefined;
  readonly seed: number;
  /** Topology file or profile. */
  readonly topology: string;
  readonly basePort: number;
  readonly supervise: boolean;
  /** Folder for the network; it is left there, stopped, instead of being removed. */
  readonly keep?: string | undefined;
  readonly json: boolean;
}

/** All of a soak, as `--json` prints it. */
export interface SoakResult {
  readonly machine: Machine;
  /** When the load began, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly options: SoakOptions;
  readonly ordering: Topology['ordering'];
  readonly summary: SoakSummary;
  readonly gaps: ReturnType<typeof gapsIn>;
  readonly kills: Journal['kills'];
  readonly unanswered: Journal['unanswered'];
  /** Acknowledgements in each second. */
  readonly perSecond: readonly number[];
  readonly samples: readonly object[];
  readonly peers: readonly PeerLedger[];
  readonly supervisor: SupervisorReport['events'];
}

const CONTRACT = fileURLToPath(new URL('../../../chaincode/dist/service/main.js', import.meta.url));
const SAMPLE_MS = 1_000;
const LEVEL_LIMIT_MS = 60_000;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function sampleUntil(ending: AbortSignal, dir: string, journal: Journal): Promise<void> {
  const isEnding = (): boolean => ending.aborted;
  while (!isEnding()) {
    const atMs = journal.now();
    const [load = 0] = loadavg();
    journal.samples.push({ atMs, load, orderers: await ordering(dir) });
    const rest = SAMPLE_MS - (journal.now() - atMs);
    await delay(Math.max(0, rest), undefined, { signal: ending }).catch(() => undefined);
  }
}

/** Whether all orderers end up with equally many blocks. */
async function orderersLevel(dir: string): Promise<boolean> {
  const deadline = Date.now() + LEVEL_LIMIT_MS;
  for (;;) {
    const heights = (await ordering(dir)).map(({ reading }) => reading?.height ?? null);
    if (heights[0] !== null && new Set(heights).size === 1) return true;
    if (Date.now() > deadline) return false;
    await delay(SAMPLE_MS);
  }
}

function perSecond({ acknowledged }: Journal, durationMs: number): number[] {
  const counts = new Array<number>(Math.ceil(durationMs / 1000)).fill(0);
  for (const { acknowledgedMs } of acknowledged) {
    const second = Math.floor(acknowledgedMs / 1000);
    if (second < counts.length) counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
}

/** One row for each sample: short, for there are thousands. */
function seriesOf({ samples }: Journal): object[] {
  return samples.map(({ atMs, load, orderers }) => ({
    atMs,
    load: Number(load.toFixed(1)),
    heights: orderers.map(({ reading }) => reading?.height ?? null),
    views: orderers.map(({ reading }) => reading?.view ?? null),
    waiting: orderers.map(({ reading }) => reading?.waiting ?? null),
    states: orderers.map(({ state }) => state),
    leads: orderers.filter(({ reading }) => reading?.leads).map(({ node }) => node),
  }));
}

async function soak(dir: string, topology: Topology, options: SoakOptions): Promise<SoakResult> {
  await using consortium = await openFabricConsortium(dir);
  const { organizations } = consortium;
  const patients = Math.ceil(options.inFlight / organizations.length);
  await using load = await startLoad(dir, organizations, patients);
  say(`${patients} patients in each hospital; ${options.minutes} minutes, seed ${options.seed}`);
  const durationMs = options.minutes * 60_000;
  const journal = new Journal(Date.now());
  const ending = AbortSignal.timeout(durationMs);
  const plan = {
    everyMs: options.killEvery * 1000,
    downMs: options.downFor * 1000,
    victims: options.victims,
    random: seededRandom(options.seed),
  };
  await Promise.all([
    load.run(journal, durationMs, options.rate),
    sampleUntil(ending, dir, journal),
    options.killEvery > 0 ? killOrderers(dir, journal, plan, ending) : null,
  ]);
  say(`${journal.acknowledged.length} acknowledged; reading every ledger`);
  const level = await orderersLevel(dir);
  const ids = journal.acknowledged.map(({ transactionId }) => transactionId);
  const peers = await verifyPeers(consortium, topology.channel, ids);
  const { events } = await supervisorReport(dir);
  const restarts = events.filter(({ kind }) => kind === 'restarted').length;
  const summary = summarize(journal, peers, { durationMs, restarts, level });
  return {
    machine: describeMachine(),
    startedAt: journal.startedAt,
    options,
    ordering: topology.ordering,
    summary,
    gaps: gapsIn(journal, durationMs),
    kills: journal.kills,
    unanswered: journal.unanswered,
    perSecond: perSecond(journal, durationMs),
    samples: seriesOf(journal),
    peers,
    supervisor: events,
  };
}

/** Brings a network up, soaks it, removes it, and prints what was seen. */
export async function runSoak(options: SoakOptions): Promise<void> {
  const { keep, basePort, json } = options;
  const dir = keep ?? (await mkdtemp(join(tmpdir(), 'emr-soak-')));
  const topology = await loadTopology(options.topology, { basePort });
  say(`bringing ${topology.name} up on ports from ${basePort}`);
  let result: SoakResult;
  try {
    const command = [process.execPath, CONTRACT] as const;
    await up(topology, { dir, contract: { command }, supervise: options.supervise });
    result = await soak(dir, topology, options);
  } finally {
    await down(dir, { purge: keep === undefined });
    if (keep === undefined) await rm(dir, { recursive: true, force: true });
  }
  process.stdout.write(`${JSON.stringify(json ? result : result.summary, null, json ? 0 : 2)}\n`);
  const { lost, ledgersEqual, orderersLevel: level } = result.summary;
  if (lost > 0 || !ledgersEqual || !level) process.exitCode = 1;
}
