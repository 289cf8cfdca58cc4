import { elapsed } from '../output/local-time.js';
import { table } from '../output/table.js';
import type { DrillResult } from './result.js';

const TITLES = [
  'drill',
  'acknowledged',
  'failed',
  'lost',
  'recovered',
  'longest gap',
  'ledgers',
  'height',
  'took',
  'result',
];
const SHOWN_LOSSES = 10;

function row(result: DrillResult): string[] {
  const heights = [...new Set(Object.values(result.heights))];
  return [
    result.drill,
    String(result.acknowledged),
    String(result.failed),
    String(result.lost),
    elapsed(result.recoveredMs),
    elapsed(result.longestGapMs),
    result.ledgersEqual ? 'equal' : 'DIFFER',
    heights.sort((a, b) => a - b).join(', '),
    elapsed(result.tookMs),
    result.passed ? 'passed' : 'FAILED',
  ];
}

function lossesOf({ drill, losses }: DrillResult): string[] {
  const shown = losses
    .slice(0, SHOWN_LOSSES)
    .map(({ what, id, problem }) => `${drill}: lost ${what} ${id}: ${problem}`);
  const more = losses.length - shown.length;
  return more > 0 ? [...shown, `${drill}: and ${String(more)} more`] : shown;
}

/** One line for each drill, and below them what was lost. */
export function reportText(results: readonly DrillResult[]): string {
  return [table(TITLES, results.map(row), 'no drills'), ...results.flatMap(lossesOf)].join('\n');
}

/** One drill in one line. */
export function resultLine(result: DrillResult): string {
  const { drill, passed, acknowledged, lost, recoveredMs, longestGapMs, ledgersEqual } = result;
  return [
    `${passed ? 'ok' : 'FAILED'}: ${drill}:`,
    `${String(acknowledged)} acknowledged, ${String(lost)} lost,`,
    `recovered in ${elapsed(recoveredMs)}, longest gap ${elapsed(longestGapMs)},`,
    `ledgers ${ledgersEqual ? 'equal' : 'DIFFER'} (${elapsed(result.tookMs)})`,
  ].join(' ');
}
