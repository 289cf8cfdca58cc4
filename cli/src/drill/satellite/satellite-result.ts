import type { LinkCounts, LinkTerms } from '@emr-share/network';
import type { Emergency } from './post-messages.js';
import type { Span } from './trace.js';

/**
 * When the first emergency is declared: `at-once`, in the moment in which the hospital is lost, or
 * `settled`, a minute and some transactions later.
 */
export const DECLARE_MOMENTS = ['settled', 'at-once'] as const;
export type DeclareMoment = (typeof DECLARE_MOMENTS)[number];

/** What the drill measured. Times in milliseconds, by the post's own clock. */
export interface SatelliteDrillResult {
  readonly drill: 'satellite';
  readonly declare: DeclareMoment;
  /** From the physician's decision, the approval included, to the decrypted summary: the median. */
  readonly declareToSummaryMs: number;
  /** The same in units of the way there and back. */
  readonly roundTrips: number;
  /** Of the median run. */
  readonly timeline: readonly Span[];
  readonly spread: { readonly leastMs: number; readonly mostMs: number };
  readonly runs: readonly Emergency[];
  /** Where it is settled: what emergencies of the minute before took, counted in nothing else. */
  readonly settlingMs: readonly number[];
  /** Who was registered besides, and how long that took. */
  readonly crowd: { readonly patients: number; readonly registeringMs: number };
  readonly terms: LinkTerms;
  /** Packets, from the first to the last run. */
  readonly link: LinkCounts;
}

/** The result of at least one run. */
export function satelliteResult(
  measured: Pick<
    SatelliteDrillResult,
    'declare' | 'runs' | 'settlingMs' | 'crowd' | 'terms' | 'link'
  >,
): SatelliteDrillResult {
  const { runs, terms } = measured;
  const sorted = runs.toSorted((a, b) => a.declareToSummaryMs - b.declareToSummaryMs);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const declareToSummaryMs = median?.declareToSummaryMs ?? 0;
  return {
    drill: 'satellite',
    ...measured,
    declareToSummaryMs,
    roundTrips: Math.round((declareToSummaryMs / (2 * terms.oneWayMs)) * 10) / 10,
    timeline: median?.timeline ?? [],
    spread: {
      leastMs: sorted[0]?.declareToSummaryMs ?? 0,
      mostMs: sorted.at(-1)?.declareToSummaryMs ?? 0,
    },
  };
}
