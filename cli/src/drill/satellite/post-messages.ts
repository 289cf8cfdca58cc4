import type { Span } from './trace.js';

/** What an emergency post is told when it starts. */
export interface PostTask {
  readonly kind: 'set-up';
  /** MSP ID → the network's folder on that hospital's host: to enrol there. */
  readonly networks: Readonly<Record<string, string>>;
  /** The hospitals' stores and on-duty services, the nearest first. */
  readonly hospitals: readonly { readonly mspId: string; readonly url: string }[];
  readonly token: string;
  /** Whose on-duty service is asked for its approval. */
  readonly approver: string;
  /** Of the physician, the author and the patient. */
  readonly physicianOf: string;
  readonly patientOf: string;
}

export type ToPost = PostTask | { readonly kind: 'warm-up' } | { readonly kind: 'declare' };

/** One emergency, from the decision to the summary. */
export interface Emergency {
  readonly declareToSummaryMs: number;
  /** Before the decision: finding the patient's rule, from the pseudonymous ID. */
  readonly lookUpMs: number;
  readonly timeline: readonly Span[];
  readonly summaryBytes: number;
  /** Error codes of what went wrong without stopping it. */
  readonly warnings: readonly string[];
}

export type FromPost =
  | { readonly kind: 'ready' }
  | { readonly kind: 'emergency'; readonly emergency: Emergency }
  | { readonly kind: 'failed'; readonly problem: string };
