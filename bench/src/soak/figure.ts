/**
 * A picture of a soak, as SVG from its JSON: acknowledged transactions over time, and when orderers
 * were killed.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { SoakResult } from './soak.js';

const WIDTH = 960;
const HEIGHT = 340;
const LEFT = 52;
const RIGHT = 16;
const TOP = 44;
const BOTTOM = 84;
const BUCKET_S = 5;
const INK = '#57606a';
const LINE = '#0969da';
const LEADER = '#cf222e';
const OTHER = '#8c959f';
const RESTART = '#8250df';

type Seen = Pick<SoakResult, 'perSecond' | 'kills' | 'summary' | 'supervisor' | 'startedAt'>;

interface Scale {
  readonly x: (seconds: number) => number;
  readonly y: (rate: number) => number;
  readonly seconds: number;
  readonly top: number;
}

const at = (value: number): string => value.toFixed(1);

/** Acknowledged a second, over each {@link BUCKET_S} seconds. */
function rates(perSecond: readonly number[]): number[] {
  return Array.from({ length: Math.ceil(perSecond.length / BUCKET_S) }, (_, i) => {
    const some = perSecond.slice(i * BUCKET_S, (i + 1) * BUCKET_S);
    return some.reduce((sum, count) => sum + count, 0) / some.length;
  });
}

function scaleFor(perSecond: readonly number[]): Scale {
  const seconds = perSecond.length;
  const top = Math.max(10, Math.ceil(Math.max(...rates(perSecond)) / 10) * 10);
  return {
    x: (s) => LEFT + ((WIDTH - LEFT - RIGHT) * s) / seconds,
    y: (rate) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * rate) / top,
    seconds,
    top,
  };
}

function text(x: number, y: number, content: string, anchor = 'start', fill = INK): string {
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}" fill="${fill}">${content}</text>`;
}

function axes({ x, y, seconds, top }: Scale): string[] {
  const everyMinutes = seconds > 900 ? 5 : 1;
  const minutes = Array.from(
    { length: Math.floor(seconds / 60 / everyMinutes) + 1 },
    (_, i) => i * everyMinutes,
  );
  return [
    ...[0, top / 2, top].flatMap((rate) => [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(rate))}" y2="${at(y(rate))}" stroke="${OTHER}" stroke-opacity="0.35"/>`,
      text(LEFT - 8, y(rate) + 4, String(rate), 'end'),
    ]),
    ...minutes.map((minute) =>
      text(x(minute * 60), HEIGHT - BOTTOM + 44, `${minute} min`, 'middle'),
    ),
  ];
}

function marks({ x }: Scale, { kills, supervisor, startedAt }: Seen): string[] {
  const base = HEIGHT - BOTTOM + 6;
  const restarts = supervisor.filter(({ kind }) => kind === 'restarted');
  return [
    ...kills.map(
      ({ atMs, wasLeader }) =>
        `<rect x="${at(x(atMs / 1000) - 1.5)}" y="${base}" width="3" height="10" fill="${wasLeader ? LEADER : OTHER}"/>`,
    ),
    ...restarts.map(
      (event) =>
        `<circle cx="${at(x((Date.parse(event.at) - startedAt) / 1000))}" cy="${base + 19}" r="3.5" fill="${RESTART}"/>`,
    ),
  ];
}

function legend(): string[] {
  const y = HEIGHT - 16;
  const entries = [
    [LINE, `acknowledged a second, over ${BUCKET_S} s`],
    [LEADER, 'leader killed'],
    [OTHER, 'another orderer killed'],
    [RESTART, 'restart by the supervisor'],
  ] as const;
  return entries.flatMap(([color, label], i) => [
    `<rect x="${LEFT + i * 225}" y="${y - 9}" width="10" height="10" fill="${color}"/>`,
    text(LEFT + 16 + i * 225, y, label),
  ]);
}

/** Draws what `--json` printed. */
export function soakFigure(seen: Seen): string {
  const { perSecond, summary } = seen;
  const scale = scaleFor(perSecond);
  const points = rates(perSecond)
    .map((rate, i) => `${at(scale.x((i + 0.5) * BUCKET_S))},${at(scale.y(rate))}`)
    .join(' ');
  const title = `${summary.acknowledged} acknowledged, ${summary.lost} lost; longest time without an acknowledgement ${(summary.longestGapMs / 1000).toFixed(1)} s`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="${title}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFT, 24, title),
    ...axes(scale),
    `<polyline points="${points}" fill="none" stroke="${LINE}" stroke-width="1.5"/>`,
    ...marks(scale, seen),
    ...legend(),
    '</svg>',
    '',
  ].join('\n');
}

/** Prints the picture of a file that `soak --json` wrote. */
export async function printSoakFigure(path: string): Promise<void> {
  const seen = JSON.parse(await readFile(path, 'utf8')) as SoakResult;
  process.stdout.write(soakFigure(seen));
}
