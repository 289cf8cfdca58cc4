import type { LinkCounts, LinkTerms } from '@emr-share/network';
import type { Emergency } from './post-messages.js';
import type { Span } from './trace.js';

/** What the drill measured. Times in milliseconds, by the post's own clock. */
export interface SatelliteDrillResult {
  readonly drill: 'satellite';
  /** From the physician's decision, the approval included, to the decrypted summary: the median. */
  readonly declareToSummaryMs: number;
  /** The same in units of the way there and back. */
  readonly roundTrips: number;
  /** Of the median run. */
  readonly timeline: readonly Span[];
  readonly spread: { readonly leastMs: number; readonly mostMs: number };
  readonly runs: readonly Emergency[];
  readonly terms: LinkTerms;
  /** Packets, from the first to the last run. */
  readonly link: LinkCounts;
}

/** The result of at least one run. */
export function satelliteResult(
  runs: readonly Emergency[],
  terms: LinkTerms,
  link: LinkCounts,
): SatelliteDrillResult {
  const sorted = runs.toSorted((a, b) => a.declareToSummaryMs - b.declareToSummaryMs);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const declareToSummaryMs = median?.declareToSummaryMs ?? 0;
  return {
    drill: 'satellite',
    declareToSummaryMs,
    roundTrips: Math.round((declareToSummaryMs / (2 * terms.oneWayMs)) * 10) / 10,
    timeline: median?.timeline ?? [],
    spread: {
      leastMs: sorted[0]?.declareToSummaryMs ?? 0,
      mostMs: sorted.at(-1)?.declareToSummaryMs ?? 0,
    },
    runs,
    terms,
    link,
  };
}
