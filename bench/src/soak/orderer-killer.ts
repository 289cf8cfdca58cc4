import { setTimeout as delay } from 'node:timers/promises';
import { type OrdererSample, ordering, startNode, stopNode } from '@emr-share/network';
import type { Journal, Kill } from './journal.js';

/** From a start to the next kill, where the start took long. */
const LEAST_UP_MS = 15_000;

export interface KillPlan {
  /** From one kill to the next. */
  readonly everyMs: number;
  /** From a kill to the start. */
  readonly downMs: number;
  /** `mixed`: the leader and a random other one in turn. */
  readonly victims: 'mixed' | 'leader';
  readonly random: () => number;
}

function pick(
  samples: readonly OrdererSample[],
  round: number,
  { victims, random }: KillPlan,
): OrdererSample | undefined {
  const alive = samples.filter(({ state }) => state === 'running' || state === 'mute');
  const leader = alive.find(({ reading }) => reading?.leads === true);
  if ((victims === 'leader' || round % 2 === 0) && leader !== undefined) return leader;
  const others = alive.filter(({ node }) => node !== leader?.node);
  return others[Math.floor(random() * others.length)];
}

/**
 * Kills an orderer as a crash would and starts it again, over and over, until `ending` aborts; the one
 * that is down then is started before it returns.
 */
export async function killOrderers(
  dir: string,
  journal: Journal,
  plan: KillPlan,
  ending: AbortSignal,
): Promise<void> {
  const waitUntil = (ms: number): Promise<void> =>
    delay(Math.max(0, ms - journal.now()), undefined, { signal: ending }).catch(() => undefined);
  const isEnding = (): boolean => ending.aborted;
  let backMs = 0;
  for (let round = 0; ; round++) {
    await waitUntil(Math.max((round + 1) * plan.everyMs, backMs + LEAST_UP_MS));
    if (isEnding()) return;
    const victim = pick(await ordering(dir), round, plan);
    if (victim === undefined) continue;
    const wasLeader = victim.reading?.leads === true;
    const kill: Kill = { node: victim.node, wasLeader, atMs: journal.now(), backMs: null };
    await stopNode(dir, victim.node, { graceMs: 0 });
    journal.kills.push(kill);
    await waitUntil(kill.atMs + plan.downMs);
    await startNode(dir, victim.node);
    backMs = journal.now();
    kill.backMs = backMs;
  }
}
