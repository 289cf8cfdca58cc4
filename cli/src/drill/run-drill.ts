/**
 * One drill from the first look at the network to the last look at its ledgers.
 *
 * @module
 */
import { loadNativeBackend, useBackend } from '@emr-share/crypto/native';
import type { LedgerComparison } from '@emr-share/network';
import { foundConsortium, openFabricConsortium } from '../consortium/index.js';
import { CliError } from '../errors/cli-error.js';
import { comparison, supervisorRestarts } from './aftermath.js';
import type { Drill, DrillScene } from './drill.js';
import type { DrillName } from './drill-names.js';
import { DRILLS } from './drills.js';
import { Book } from './load/book.js';
import { assemble, dismiss } from './load/cast.js';
import { CommitLog } from './load/commit-log.js';
import { Load } from './load/load.js';
import { findLosses } from './load/verify.js';
import { requireHealthy } from './require-healthy.js';
import type { DrillResult } from './result.js';
import { Site } from './site.js';

/** The load alone, before the first fault and after the last repair. */
const QUIET_MS = 3_000;
/** A drill that takes longer is given up; what it broke is put back. */
const DRILL_LIMIT_MS = 15 * 60_000;

export interface DrillOptions {
  readonly dir: string;
  /** How long each fault lasts after the clients have recovered from it. */
  readonly holdMs: number;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
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
  const limit = new AbortController();
  const timer = setTimeout(() => {
    const minutes = String(DRILL_LIMIT_MS / 60_000);
    const message = `drill ${name} was not over after ${minutes} minutes; everything was put back`;
    limit.abort(new CliError('DRILL_FAILED', message, { details: { drill: name } }));
  }, DRILL_LIMIT_MS);
  const signal = AbortSignal.any([options.signal, limit.signal]);
  try {
    return await runWithin(name, { ...options, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function runWithin(name: DrillName, options: DrillOptions): Promise<DrillResult> {
  const startedAt = performance.now();
  const { dir, holdMs, note, signal } = options;
  const drill = DRILLS[name];
  // The clients share this machine with the network: their arithmetic should not be what is slow.
  const native = loadNativeBackend();
  if (native !== null) useBackend(native);
  const nodes = await requireHealthy(dir, signal);
  await using consortium = await openFabricConsortium(dir);
  await foundConsortium(consortium, signal);
  const [log, book] = [new CommitLog(), new Book()];
  const organizations = drill.castFrom?.(consortium.organizations) ?? consortium.organizations;
  const cast = await assemble(consortium, log, organizations, signal);
  const restartsBefore = await supervisorRestarts(dir);
  const site = new Site({ dir, nodes, log, holdMs, signal, note });
  try {
    const ran = await underLoad(drill, { site, consortium, cast, book });
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

async function underLoad(drill: Drill, scene: DrillScene): Promise<Ran> {
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
