/**
 * The figures of a soak, from its journal.
 *
 * @module
 */
import { quantile } from '../statistics.js';
import type { Journal } from './journal.js';
import type { PeerLedger } from './verify-peers.js';

/** A time without any acknowledgement. */
export interface Gap {
  readonly atMs: number;
  readonly ms: number;
}

export interface SoakSummary {
  readonly durationMs: number;
  readonly acknowledged: number;
  /** Transactions a second. */
  readonly throughput: number;
  readonly latencyMs: { readonly median: number; readonly p99: number; readonly longest: number };
  readonly unanswered: Readonly<Record<string, number>>;
  /** Acknowledged, and missing or invalid on some peer. */
  readonly lost: number;
  readonly ledgersEqual: boolean;
  readonly orderersLevel: boolean;
  readonly kills: number;
  readonly leaderKills: number;
  readonly leaderChanges: number;
  readonly restartsBySupervisor: number;
  /** From the load's begin on: the clients connect, and the contracts are asked for the first time. */
  readonly firstAcknowledgedMs: number | null;
  /** From then on. */
  readonly longestGapMs: number;
  /** How many gaps there were of at least so many seconds. */
  readonly gapsOfAtLeast: Readonly<Record<string, number>>;
  /** From the kill of a leader to the first answer to a transaction that was submitted after it. */
  readonly leaderKillMs: readonly number[];
  readonly otherKillMs: readonly number[];
}

const STEPS_S = [1, 2, 3, 5, 10, 20, 60];
const SHOWN_FROM_MS = 1_000;

/** Times of at least a second without an acknowledgement, from the first one to `durationMs`. */
export function gapsIn({ acknowledged }: Journal, durationMs: number): Gap[] {
  const times = acknowledged
    .map(({ acknowledgedMs }) => acknowledgedMs)
    .filter((ms) => ms <= durationMs)
    .sort((a, b) => a - b);
  let before = times[0] ?? 0;
  return [...times, durationMs].flatMap((ms) => {
    const gap = { atMs: before, ms: ms - before };
    before = ms;
    return gap.ms >= SHOWN_FROM_MS ? [gap] : [];
  });
}

function recoveries({ acknowledged, kills }: Journal, ofLeaders: boolean): number[] {
  return kills
    .filter(({ wasLeader }) => wasLeader === ofLeaders)
    .map(({ atMs }) => {
      const answers = acknowledged.filter(({ submittedMs }) => submittedMs >= atMs);
      return Math.min(...answers.map(({ acknowledgedMs }) => acknowledgedMs - atMs));
    })
    .filter((ms) => Number.isFinite(ms));
}

/** How often the highest view that any orderer reports rose, or with Raft, how often leaders changed. */
function leaderChanges({ samples }: Journal): number {
  let leader: string | null = null;
  let changes = 0;
  for (const { orderers } of samples) {
    const leads = orderers.filter(({ reading }) => reading?.leads === true);
    const [only] = leads;
    if (only === undefined || leads.length > 1 || only.node === leader) continue;
    if (leader !== null) changes += 1;
    leader = only.node;
  }
  return changes;
}

const earliest = (acknowledged: Journal['acknowledged']): number =>
  acknowledged.reduce((ms, { acknowledgedMs }) => Math.min(ms, acknowledgedMs), Infinity);

function countBy(codes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

function latencies({ acknowledged }: Journal): SoakSummary['latencyMs'] {
  const all = acknowledged.map(({ submittedMs, acknowledgedMs }) => acknowledgedMs - submittedMs);
  if (all.length === 0) return { median: 0, p99: 0, longest: 0 };
  return { median: quantile(all, 0.5), p99: quantile(all, 0.99), longest: quantile(all, 1) };
}

export function summarize(
  journal: Journal,
  ledgers: readonly PeerLedger[],
  { durationMs, restarts, level }: { durationMs: number; restarts: number; level: boolean },
): SoakSummary {
  const gaps = gapsIn(journal, durationMs);
  const inTime = journal.acknowledged.filter(({ acknowledgedMs }) => acknowledgedMs <= durationMs);
  const ofAtLeast = STEPS_S.map((s) => [`${s}s`, gaps.filter(({ ms }) => ms >= s * 1000).length]);
  return {
    durationMs,
    acknowledged: journal.acknowledged.length,
    throughput: Number(((inTime.length * 1000) / durationMs).toFixed(1)),
    latencyMs: latencies(journal),
    unanswered: countBy(journal.unanswered.map(({ code }) => code)),
    lost: new Set(ledgers.flatMap(({ lost }) => lost)).size,
    ledgersEqual:
      new Set(ledgers.map(({ height, blockHash }) => `${height} ${blockHash}`)).size === 1,
    orderersLevel: level,
    kills: journal.kills.length,
    leaderKills: journal.kills.filter(({ wasLeader }) => wasLeader).length,
    leaderChanges: leaderChanges(journal),
    restartsBySupervisor: restarts,
    firstAcknowledgedMs: inTime.length === 0 ? null : earliest(inTime),
    longestGapMs: Math.max(0, ...gaps.map(({ ms }) => ms)),
    gapsOfAtLeast: Object.fromEntries(ofAtLeast) as Record<string, number>,
    leaderKillMs: recoveries(journal, true),
    otherKillMs: recoveries(journal, false),
  };
}
