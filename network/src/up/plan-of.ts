import type { NodeContext } from '../nodes/context.js';
import { channelSteps } from './channel-steps.js';
import { hostSteps } from '../hosts/host-steps.js';
import { identitySteps } from './identity-steps.js';
import { nodeSteps } from './node-steps.js';
import type { Step } from './plan.js';
import { retireSteps } from './retire-steps.js';

/** All that has to be done for the network to serve. Making the plan does nothing yet. */
export function planOf(context: NodeContext): Step[] {
  return [
    ...identitySteps(context),
    ...hostSteps(context),
    ...nodeSteps(context),
    ...channelSteps(context),
    ...retireSteps(context),
  ];
}
