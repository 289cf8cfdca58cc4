/**
 * One drill from the first look at the network to the last look at its ledgers.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { loadNativeBackend, useBackend } from '@emr-share/crypto/native';
import {
  compareLedgers,
  type LedgerComparison,
  NetworkError,
  type NodeStatus,
  status,
  supervisorReport,
} from '@emr-share/network';
import { foundConsortium, openFabricConsortium } from '../consortium/index.js';
import { CliError } from '../errors/cli-error.js';
import type { Drill } from './drill.js';
import type { DrillName } from './drill-names.js';
import { DRILLS } from './drills.js';
import { Book } from './load/book.js';
import { assemble, dismiss } from './load/cast.js';
import { CommitLog } from './load/commit-log.js';
import { Load } from './load/load.js';
import { findLosses } from './load/verify.js';
import type { DrillResult } from './result.js';
import { Site } from './site.js';

/** The load alone, before the first fault and after the last repair. */
const QUIET_MS = 3_000;
/** Heights of an idle network differ for a moment only. */
const HEALTH_LIMIT_MS = 20_000;
const POLL_MS = 250;
/** A drill that takes longer is given up; what it broke is put back. */
const DRILL_LIMIT_MS = 8 * 60_000;

export interface DrillOptions {
  readonly dir: string;
  /** How long each fault lasts after the clients have recovered from it. */
  readonly holdMs: number;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

function problemIn(nodes: readonly NodeStatus[]): string | null {
  const ailing = nodes.find(({ state }) => state !== 'running');
  if (ailing !== undefined) return `${ailing.node}: ${ailing.problem ?? ailing.state}`;
  const uneven = (['orderer', 'peer'] as const).filter((role) => {
    const heights = nodes.filter((node) => node.role === role).map(({ height }) => height);
    return new Set(heights).size !== 1 || heights.includes(null);
  });
  return uneven.length === 0 ? null : `the ${uneven.join('s and the ')}s have different heights`;
}

/**
 * Nothing is broken that does not work as it is.
 *
 * @throws CliError `DRILL_IMPOSSIBLE` with the first problem, where it does not pass in 20 s
 */
async function requireHealthy(dir: string, signal: AbortSignal): Promise<readonly NodeStatus[]> {
  const deadline = performance.now() + HEALTH_LIMIT_MS;
  for (;;) {
    const { nodes } = await status(dir, signal);
    const problem = problemIn(nodes);
    if (problem === null) return nodes;
    if (performance.now() > deadline) {
      const message = `the network is not healthy (${problem}); mend it before a drill`;
      throw new CliError('DRILL_IMPOSSIBLE', message, { details: { problem } });
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

/** Ledgers that do not even reach one height differ. */
async function comparison(dir: string, signal: AbortSignal): Promise<LedgerComparison> {
  try {
    return await compareLedgers(dir, { signal });
  } catch (error) {
    if (!NetworkError.is(error, 'TIMEOUT')) throw error;
    const { nodes } = await status(dir, signal);
    const copies = nodes.flatMap(({ node, height }) =>
      height === null ? [] : [{ node, height, lastBlockHash: '', snapshotHash: null }],
    );
    return { equal: false, copies };
  }
}

/** Nodes that the supervisor has restarted since the network was brought up, oldest first. */
async function supervisorRestarts(dir: string): Promise<readonly string[]> {
  const { events } = await supervisorReport(dir);
  return events.flatMap((event) => (event.kind === 'restarted' ? [event.node] : []));
}

interface Ran {
  readonly book: Book;
  readonly observed: Readonly<Record<string, unknown>>;
  readonly from: number;
  readonly until: number;
}

function resultOf(
  name: DrillName,
  { book, observed, from, until }: Ran,
  {
    losses,
    compared,
    restarts,
    faults,
    log,
    startedAt,
  }: {
    losses: Book['losses'];
    compared: LedgerComparison;
    restarts: readonly string[];
    faults: DrillResult['faults'];
    log: CommitLog;
    startedAt: number;
  },
): DrillResult {
  return {
    drill: name,
    passed: losses.length === 0 && compared.equal,
    acknowledged: book.acknowledged,
    failed: book.failed,
    lost: losses.length,
    recoveredMs: Math.max(0, ...faults.map(({ recoveredMs }) => recoveredMs)),
    longestGapMs: Math.round(log.longestGapMs(from, until)),
    ledgersEqual: compared.equal,
    heights: Object.fromEntries(compared.copies.map(({ node, height }) => [node, height])),
    faults,
    counts: {
      records: book.records.length,
      grants: book.grants.length,
      revocations: book.revocations,
      fetches: book.fetched,
      transactions: log.count,
    },
    failures: book.failures,
    losses,
    restartedBySupervisor: restarts,
    observed,
    loadMs: Math.round(until - from),
    tookMs: Math.round(performance.now() - startedAt),
  };
}

/**
 * Runs a drill on a running network and leaves it as it was: all nodes up, all ledgers level. The
 * people that it made stay registered.
 *
 * @throws CliError `DRILL_IMPOSSIBLE`, `DRILL_FAILED` where service does not come back; NetworkError
 *   where a node cannot be stopped or started; the reason of an abort, after everything was put back
 */
export async function runDrill(name: DrillName, options: DrillOptions): Promise<DrillResult> {
  const drill = DRILLS[name];
  const startedAt = performance.now();
  const { dir, holdMs, note } = options;
  // The clients share this machine with the network: their arithmetic should not be what is slow.
  const native = loadNativeBackend();
  if (native !== null) useBackend(native);
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(DRILL_LIMIT_MS)]);
  const nodes = await requireHealthy(dir, signal);
  await using consortium = await openFabricConsortium(dir);
  await foundConsortium(consortium, signal);
  const [log, book] = [new CommitLog(), new Book()];
  const organizations = drill.castFrom?.(consortium.organizations) ?? consortium.organizations;
  const cast = await assemble(consortium, log, organizations, signal);
  const restartsBefore = await supervisorRestarts(dir);
  const site = new Site({ dir, nodes, log, holdMs, signal, note });
  try {
    const ran = await underLoad(drill, { site, consortium, cast, book, log });
    note('looking for what was acknowledged');
    const losses = [...(await findLosses(cast, book, signal))];
    note('comparing the ledgers');
    const compared = await comparison(dir, signal);
    const restarts = (await supervisorRestarts(dir)).slice(restartsBefore.length);
    const { faults } = site;
    return resultOf(name, ran, { losses, compared, restarts, faults, log, startedAt });
  } finally {
    await dismiss(cast);
  }
}

type Scene = Parameters<Drill['run']>[0] & { readonly log: CommitLog };

async function underLoad(drill: Drill, { log, ...scene }: Scene): Promise<Ran> {
  const { site, cast, book } = scene;
  const aborting = new AbortController();
  const load = new Load(cast, book, AbortSignal.any([site.signal, aborting.signal]));
  site.note(
    `load of ${String(cast.patients.length)} patients, ${String(cast.physicians.length)} physicians`,
  );
  try {
    await load.start();
    const from = performance.now();
    await site.hold(QUIET_MS);
    const observed = await drill.run(scene);
    site.note('putting everything back');
    await site.mend();
    await site.hold(QUIET_MS);
    const until = performance.now();
    await load.stop();
    return { book, observed, from, until };
  } catch (error) {
    aborting.abort(new DOMException('the drill has ended', 'AbortError'));
    await Promise.all([load.stop(), site.mend()]);
    throw error;
  }
}
