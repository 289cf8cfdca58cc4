/** One thing that the supervisor saw or did; of no use to an attacker, so it may be logged. */
export type SupervisorEvent =
  | { kind: 'watching'; nodes: number }
  | { kind: 'suspected'; node: string; cause: SuspicionCause; forMs: number; behind: number }
  | { kind: 'inspected'; node: string; deadlocked: boolean | null; report: string | null }
  | { kind: 'restarted'; node: string; cause: SuspicionCause; ms: number }
  | { kind: 'left'; node: string }
  | { kind: 'failed'; node: string; problem: string }
  | { kind: 'stalled'; forMs: number; running: number; quorum: number }
  | { kind: 'ended' };

export type SuspicionCause = 'dead' | 'behind' | 'mute' | 'stalled';

const CAUSES: Readonly<Record<SuspicionCause, string>> = {
  dead: 'its process ended',
  behind: 'its ledger stands still behind the others',
  mute: 'it does not answer',
  stalled: 'no orderer makes blocks although requests wait',
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

type OfKind<K extends SupervisorEvent['kind']> = Extract<SupervisorEvent, { kind: K }>;

const TEXTS: { [K in SupervisorEvent['kind']]: (event: OfKind<K>) => string } = {
  watching: ({ nodes }) => `watching ${String(nodes)} nodes`,
  suspected: ({ node, cause, forMs, behind }) =>
    `${node}: ${CAUSES[cause]}${behind > 0 ? ` (${String(behind)} blocks)` : ''}, for ${seconds(forMs)}`,
  inspected: ({ node, deadlocked, report }) => {
    if (deadlocked === null) return `${node}: gives no stacks`;
    return deadlocked
      ? `${node}: deadlocked; its stacks are in ${report ?? 'its log'}`
      : `${node}: not in the known deadlock; its stacks are in its log`;
  },
  restarted: ({ node, ms }) => `${node}: restarted, healthy after ${seconds(ms)}`,
  left: ({ node }) => `${node}: left alone, a command stopped or replaced it meanwhile`,
  failed: ({ node, problem }) => `${node}: could not be restarted: ${problem}`,
  stalled: ({ forMs, running, quorum }) =>
    `no blocks for ${seconds(forMs)} although requests wait; ${String(running)} orderers run, ${String(quorum)} are needed`,
  ended: () => 'ended',
};

/** The event as a line for people, without the time. */
export function supervisorEventText(event: SupervisorEvent): string {
  const text = TEXTS[event.kind] as (e: SupervisorEvent) => string;
  return text(event);
}
