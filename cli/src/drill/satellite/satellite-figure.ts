/**
 * A picture of the drill as SVG: the timeline of the median run, and below it all runs.
 *
 * @module
 */
import type { SatelliteDrillResult } from './satellite-result.js';

const WIDTH = 960;
const LEFT = 250;
const RIGHT = 20;
const TOP = 44;
const ROW = 22;
const INK = '#57606a';
const STEP = '#0969da';
const CALL = '#8c959f';
const GOAL = '#cf222e';
const GOAL_MS = 5_000;
/** Names of calls have a colon; the others are the physician's steps. */
const isCall = (what: string): boolean => what.includes(':');
const at = (value: number): string => value.toFixed(1);

function text(x: number, y: number, content: string, anchor = 'start', fill = INK): string {
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}" fill="${fill}">${content}</text>`;
}

/** Draws what `emr drill satellite --json` printed. */
export function satelliteFigure(result: SatelliteDrillResult): string {
  const { timeline, runs, declareToSummaryMs, roundTrips, terms } = result;
  const totals = runs.map((run) => run.declareToSummaryMs);
  const [fromMs, toMs] = [
    Math.min(0, ...timeline.map((span) => span.fromMs)),
    Math.max(GOAL_MS, ...totals),
  ];
  const x = (ms: number): number =>
    LEFT + ((WIDTH - LEFT - RIGHT) * (ms - fromMs)) / (toMs - fromMs);
  const height = TOP + (timeline.length + 2) * ROW + 50;
  const bottom = TOP + timeline.length * ROW;
  const title = `From the decision to the summary: ${String(declareToSummaryMs)} ms, ${String(roundTrips)} round trips of ${String(2 * terms.oneWayMs)} ms (median of ${String(runs.length)} runs)`;
  const seconds = Array.from({ length: Math.floor(toMs / 1000) + 1 }, (_, i) => i);
  const every = seconds.length > 20 ? 5 : 1;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(height)}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="${title}">`,
    `<rect width="${String(WIDTH)}" height="${String(height)}" fill="#ffffff"/>`,
    text(16, 24, title),
    ...seconds
      .filter((second) => second % every === 0)
      .flatMap((second) => [
        `<line x1="${at(x(second * 1000))}" x2="${at(x(second * 1000))}" y1="${String(TOP - 6)}" y2="${String(bottom + 40)}" stroke="${CALL}" stroke-opacity="0.35"/>`,
        text(x(second * 1000), bottom + 58, `${String(second)} s`, 'middle'),
      ]),
    `<line x1="${at(x(GOAL_MS))}" x2="${at(x(GOAL_MS))}" y1="${String(TOP - 6)}" y2="${String(bottom + 40)}" stroke="${GOAL}"/>`,
    ...timeline.flatMap((span, i) => {
      const y = TOP + i * ROW;
      const width = Math.max(1.5, x(span.toMs) - x(span.fromMs));
      const fill = isCall(span.what) ? CALL : STEP;
      return [
        text(LEFT - 10, y + 11, span.what, 'end'),
        `<rect x="${at(x(span.fromMs))}" y="${String(y)}" width="${at(width)}" height="14" fill="${fill}"/>`,
      ];
    }),
    text(LEFT - 10, bottom + 26, 'all runs', 'end'),
    ...totals.map(
      (ms) =>
        `<circle cx="${at(x(ms))}" cy="${String(bottom + 22)}" r="4" fill="${STEP}" fill-opacity="0.5"/>`,
    ),
    '</svg>',
    '',
  ].join('\n');
}
