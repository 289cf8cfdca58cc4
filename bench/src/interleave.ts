/**
 * Times synchronous rivals in turns, so that whatever else the machine does hits all of them alike.
 *
 * @module
 */

/** One way to do the operation that is measured. */
export interface Rival {
  readonly name: string;
  readonly run: () => unknown;
}

export interface InterleaveOptions {
  readonly rounds: number;
  /** How long one rival's turn should last; sets how often it repeats the operation in it. */
  readonly turnMs: number;
}

/** Takes every result, so that no engine can drop the work that made it. */
const consumed: { result: unknown } = { result: undefined };

/**
 * Measures every rival once in each round, in an order that rotates.
 *
 * @returns For each rival, in the given order: milliseconds of CPU time for one operation, in each round. Values
 * with the same index are of the same round.
 */
export function interleave(rivals: readonly Rival[], options: InterleaveOptions): number[][] {
  const repeats = rivals.map((rival) => repeatsFor(rival, options.turnMs));
  const times: number[][] = rivals.map(() => []);
  for (let round = 0; round < options.rounds; round += 1) {
    for (let turn = 0; turn < rivals.length; turn += 1) {
      const index = (round + turn) % rivals.length;
      const rival = rivals[index];
      const count = repeats[index];
      if (rival !== undefined && count !== undefined) {
        times[index]?.push(timeOf(rival, count) / count);
      }
    }
  }
  return times;
}

/** Warms the rival up until one turn fills `turnMs`. */
function repeatsFor(rival: Rival, turnMs: number): number {
  let count = 1;
  for (;;) {
    const elapsedMs = timeOf(rival, count);
    if (elapsedMs >= turnMs / 2) return Math.max(1, Math.round((count * turnMs) / elapsedMs));
    count *= 2;
  }
}

/**
 * CPU time of this process, in milliseconds. The operations are synchronous and use one thread, so on
 * an idle machine this is the elapsed time; on a busy one it leaves out the turns of other processes.
 */
function timeOf(rival: Rival, count: number): number {
  const startedAt = process.cpuUsage();
  for (let i = 0; i < count; i += 1) consumed.result = rival.run();
  const { user, system } = process.cpuUsage(startedAt);
  return (user + system) / 1000;
}
