import { orderingLeader } from '@emr-share/network';
import type { Drill } from '../drill.js';

export const leader: Drill = {
  name: 'leader',
  title: 'the orderer that leads is killed',
  run: async ({ site }) => {
    const before = await orderingLeader(site.dir, site.signal);
    await site.crash([before]);
    const after = await orderingLeader(site.dir, site.signal);
    await site.bringBack([before]);
    return { leaderBefore: before, leaderAfter: after };
  },
};

export const orderer: Drill = {
  name: 'orderer',
  title: 'every orderer is killed, one after the other',
  run: async ({ site }) => {
    for (const name of site.named('orderer')) {
      await site.crash([name]);
      await site.bringBack([name]);
    }
    return {};
  },
};
