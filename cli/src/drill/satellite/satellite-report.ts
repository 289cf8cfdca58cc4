import { elapsed } from '../../output/local-time.js';
import { table } from '../../output/table.js';
import type { SatelliteDrillResult } from './satellite-result.js';

/** The timeline of the median run, and how all of them spread. */
export function satelliteText(result: SatelliteDrillResult): string {
  const { declareToSummaryMs, roundTrips, timeline, spread, runs, settlingMs } = result;
  const rows = timeline.map(({ what, fromMs, toMs, failed }) => [
    failed === true ? `${what} (no answer)` : what,
    String(fromMs),
    String(toMs),
    String(toMs - fromMs),
  ]);
  return [
    table(['what', 'from ms', 'to ms', 'took ms'], rows, 'nothing'),
    '',
    `from the decision to the summary: ${elapsed(declareToSummaryMs)}, ${String(roundTrips)} round trips (median of ${String(runs.length)} runs)`,
    `least ${elapsed(spread.leastMs)}, most ${elapsed(spread.mostMs)}`,
    ...(settlingMs.length === 0
      ? []
      : [`in the minute after the loss, not counted: ${settlingMs.map(elapsed).join(', ')}`]),
  ].join('\n');
}
