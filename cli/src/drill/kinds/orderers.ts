import { orderingLeader } from '@emr-share/network';
import type { Drill } from '../drill.js';

export const leader: Drill = {
  run: async ({ site }) => {
    const before = await orderingLeader(site.dir, site.signal);
    await site.crash([before]);
    const after = await orderingLeader(site.dir, site.signal);
    await site.bringBack([before]);
    return { leaderBefore: before, leaderAfter: after };
  },
};

export const orderer: Drill = {
  run: async ({ site }) => {
    for (const name of site.named('orderer')) {
      await site.crash([name]);
      await site.bringBack([name]);
    }
    return {};
  },
};
