import type { NodeContext } from '../nodes/context.js';
import type { OnProgress } from '../progress.js';
import { runPlan } from './plan.js';
import { planOf } from './plan-of.js';
import type { NetworkState } from './state.js';

/** Steps at work at once: most of them wait for a process of the network, not for this one. */
const CONCURRENCY = 8;

/** Does all that is not done yet, and remembers what is. */
export async function runAll(
  context: NodeContext,
  state: NetworkState,
  { onProgress, signal }: { onProgress: OnProgress; signal?: AbortSignal | undefined },
): Promise<void> {
  const record = {
    fingerprintOf: (step: string) => state.fingerprintOf(step),
    finish: (step: string, fingerprint: string) => state.finish(step, fingerprint),
  };
  await runPlan(planOf(context), { record, onProgress, concurrency: CONCURRENCY, signal });
}
