/**
 * Which orderer needs help, judged by what all of them say of themselves over time. Knows no
 * processes and no clock.
 *
 * @module
 */
import type { OrdererSample } from './ordering.js';

/** For how long something must be so before it counts. */
export interface Patience {
  /** An orderer stands still, or all do: worth a look at what it is doing. */
  lookMs: number;
  /** An orderer's height stands still below the others', which rise. */
  behindMs: number;
  /** It runs, but its metrics page does not answer. */
  muteMs: number;
  /**
   * Requests wait, and no orderer makes a block, although enough of them run. Counted anew after each
   * restart: who has come back needs time, and every restart forgets the requests that wait.
   */
  stalledMs: number;
}

export const DEFAULT_PATIENCE: Readonly<Patience> = {
  lookMs: 2_000,
  behindMs: 5_000,
  muteMs: 15_000,
  stalledMs: 12_000,
};

/** An orderer that does not do its work, and since when. */
export interface Suspect {
  cause: 'dead' | 'behind' | 'mute';
  node: string;
  pid: number;
  forMs: number;
  /** How many blocks it is behind the highest. */
  behind: number;
  /** Whether patience is over; before that, only what proves a fault counts. */
  isOverdue: boolean;
}

/** No orderer makes blocks. `suspects`: those that run, the likeliest first. */
export interface Stall {
  cause: 'stalled';
  forMs: number;
  suspects: { node: string; pid: number }[];
  /** Whether patience is over, with so many running that it must be a fault. */
  isOverdue: boolean;
}

export type Verdict = Suspect | Stall | null;

/** What is remembered of one process of an orderer. */
interface Track {
  pid: number;
  height: number;
  heightAt: number;
  behindAt: number | null;
  muteAt: number | null;
  deadAt: number | null;
}

const newTrack = (pid: number, now: number): Track => ({
  pid,
  height: -1,
  heightAt: now,
  behindAt: null,
  muteAt: null,
  deadAt: null,
});

const RANK: Readonly<Record<Suspect['cause'], number>> = { dead: 0, behind: 1, mute: 2 };

/** How many of `count` orderers have to take part. */
export function quorumOf(count: number, type: 'bft' | 'raft'): number {
  if (type === 'raft') return Math.floor(count / 2) + 1;
  const faulty = Math.floor((count - 1) / 3);
  return Math.ceil((count + faulty + 1) / 2);
}

/** The value that most have. */
function commonest(values: readonly (number | null)[]): number | null {
  const counts = new Map<number | null, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first] = [...counts].sort(([, a], [, b]) => b - a);
  return first?.[0] ?? null;
}

/**
 * Those that are behind first, then those that disagree about the view, then the leader, for it should
 * have made a block.
 */
function byLikelihood(samples: readonly OrdererSample[]): Stall['suspects'] {
  const view = commonest(samples.map(({ reading }) => reading?.view ?? null));
  const highest = Math.max(...samples.map(({ reading }) => reading?.height ?? 0));
  const weight = ({ reading }: OrdererSample): number =>
    ((reading?.height ?? 0) < highest ? 4 : 0) +
    (reading?.view === view ? 0 : 2) +
    (reading?.leads === true ? 1 : 0);
  return [...samples]
    .sort((a, b) => weight(b) - weight(a))
    .flatMap(({ node, pid }) => (pid === null ? [] : [{ node, pid }]));
}

export class OrderingJudge {
  readonly #patience: Patience;
  readonly #quorum: number;
  readonly #tracks = new Map<string, Track>();
  #highest = 0;
  #highestAt = 0;
  #waitingAt: number | null = null;
  #restartedAt = 0;

  constructor(quorum: number, patience: Partial<Patience> = {}) {
    this.#quorum = quorum;
    this.#patience = { ...DEFAULT_PATIENCE, ...patience };
  }

  /**
   * Takes in how the orderers are at `now` (milliseconds, rising) and names the one that needs help
   * most.
   */
  judge(samples: readonly OrdererSample[], now: number): Verdict {
    this.#takeInGroup(samples, now);
    const tracks = samples.flatMap((sample) => {
      const track = this.#takeIn(sample, now);
      return track === null ? [] : [{ sample, track }];
    });
    const suspects = tracks
      .flatMap(({ sample, track }) => this.#suspect(sample.node, track, now) ?? [])
      .sort((a, b) => RANK[a.cause] - RANK[b.cause] || b.behind - a.behind || b.forMs - a.forMs);
    return suspects[0] ?? this.#stall(samples, now);
  }

  /** Takes in that an orderer was restarted at `now`. */
  noteRestart(now: number): void {
    this.#restartedAt = now;
  }

  #takeInGroup(samples: readonly OrdererSample[], now: number): void {
    const heights = samples.map(({ reading }) => reading?.height ?? 0);
    const highest = Math.max(this.#highest, ...heights);
    if (highest > this.#highest || this.#highestAt === 0) this.#highestAt = now;
    this.#highest = highest;
    const isWaiting = samples.some(({ reading }) => (reading?.waiting ?? 0) > 0);
    this.#waitingAt = isWaiting ? (this.#waitingAt ?? now) : null;
  }

  #takeIn({ node, pid, state, reading }: OrdererSample, now: number): Track | null {
    if (pid === null) {
      this.#tracks.delete(node);
      return null;
    }
    const known = this.#tracks.get(node);
    const before = known?.pid === pid ? known : newTrack(pid, now);
    const height = reading?.height ?? before.height;
    const since = (is: boolean, begun: number | null): number | null =>
      is ? (begun ?? now) : null;
    const track: Track = {
      pid,
      height,
      heightAt: height === before.height ? before.heightAt : now,
      behindAt: since(height < this.#highest, before.behindAt),
      muteAt: since(state === 'mute', before.muteAt),
      deadAt: since(state === 'dead', before.deadAt),
    };
    this.#tracks.set(node, track);
    return track;
  }

  #suspect(node: string, track: Track, now: number): Suspect | null {
    const { pid, height, heightAt, behindAt, muteAt, deadAt } = track;
    const behind = height < 0 ? 0 : this.#highest - height;
    const common = { node, pid, behind };
    // Twice: between a stop by command and the removal of its pid file it looks dead, too.
    if (deadAt !== null) {
      const forMs = now - deadAt;
      return forMs > 0 ? { ...common, cause: 'dead', forMs, isOverdue: true } : null;
    }
    if (muteAt !== null) {
      const forMs = now - muteAt;
      const isOverdue = forMs >= this.#patience.muteMs;
      return isOverdue ? { ...common, cause: 'mute', forMs, isOverdue } : null;
    }
    const { lookMs, behindMs } = this.#patience;
    // While none makes a block, one that is behind synchronizes when its view change times out, and the
    // others need it for that change: restarted, it would begin to wait anew. See docs/bft-soak.md.
    const isStanding = this.#waitingAt !== null && now - this.#highestAt >= lookMs;
    if (behindAt === null || isStanding) return null;
    const forMs = now - Math.max(behindAt, heightAt);
    const isOverdue = forMs >= behindMs;
    return forMs >= lookMs ? { ...common, cause: 'behind', forMs, isOverdue } : null;
  }

  #stall(samples: readonly OrdererSample[], now: number): Stall | null {
    if (this.#waitingAt === null) return null;
    const forMs = now - Math.max(this.#waitingAt, this.#highestAt, this.#restartedAt);
    if (forMs < this.#patience.lookMs) return null;
    const running = samples.filter(({ state }) => state === 'running');
    const isOverdue = forMs >= this.#patience.stalledMs && running.length >= this.#quorum;
    return { cause: 'stalled', forMs, suspects: byLikelihood(running), isOverdue };
  }
}
