/**
 * Vital signs as rates, for people.
 *
 * @module
 */
import type { NetworkVitals, NodeVitals } from '@emr-share/network';
import { byteSize } from '../output/size.js';
import { table } from '../output/table.js';

/** {@link NodeVitals}, and what became of them since the sample before. */
export interface NodePace extends NodeVitals {
  readonly blocksPerSecond: number | null;
  readonly transactionsPerSecond: number | null;
  /** Of the proposals endorsed meanwhile, each on average. */
  readonly endorsementMs: number | null;
}

const TITLES = [
  'node',
  'state',
  'memory',
  'height',
  'blocks/s',
  'tx/s',
  'endorse',
  'leader',
  'view',
  'waiting',
  'swarm',
  'stored',
];
const NONE = '-';

function gained(before: number | null | undefined, now: number | null): number | null {
  if (before === null || before === undefined || now === null || now < before) return null;
  return now - before;
}

function pace(before: NodeVitals | undefined, now: NodeVitals, seconds: number): NodePace {
  const perSecond = (gain: number | null): number | null => (gain === null ? null : gain / seconds);
  const proposals = gained(before?.proposals, now.proposals);
  const took = gained(before?.proposalSeconds, now.proposalSeconds);
  const isBusy = proposals !== null && proposals > 0 && took !== null;
  return {
    ...now,
    blocksPerSecond: perSecond(gained(before?.height, now.height)),
    transactionsPerSecond: perSecond(gained(before?.transactions, now.transactions)),
    endorsementMs: isBusy ? (took / proposals) * 1000 : null,
  };
}

/** What happened between two samples. */
export function paceBetween(before: NetworkVitals, now: NetworkVitals): NodePace[] {
  const seconds = Math.max((now.at - before.at) / 1000, Number.EPSILON);
  return now.nodes.map((node) => {
    const earlier = before.nodes.find((one) => one.node === node.node);
    return pace(earlier, node, seconds);
  });
}

const whole = (value: number | null): string => (value === null ? NONE : value.toFixed(0));
const rate = (value: number | null): string => (value === null ? NONE : value.toFixed(1));
const size = (bytes: number | null): string => (bytes === null ? NONE : byteSize(bytes));
const millis = (ms: number | null): string => (ms === null ? NONE : `${ms.toFixed(0)} ms`);

function leader(leads: boolean | null): string {
  if (leads === null) return NONE;
  return leads ? 'leads' : 'follows';
}

function row(node: NodePace): string[] {
  return [
    node.node,
    node.state,
    size(node.memoryBytes),
    whole(node.height),
    rate(node.blocksPerSecond),
    rate(node.transactionsPerSecond),
    millis(node.endorsementMs),
    leader(node.leads),
    whole(node.view),
    whole(node.waiting),
    whole(node.swarmPeers),
    size(node.storedBytes),
  ];
}

/** A line for each node. */
export function vitalsTable(nodes: readonly NodePace[]): string {
  return table(TITLES, nodes.map(row), 'no nodes');
}
