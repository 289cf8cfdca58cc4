import type { Drill } from './drill.js';
import type { DrillName } from './drill-names.js';
import { disk } from './kinds/disk.js';
import { contract, hospital, kubo, peers, restart } from './kinds/hospital-nodes.js';
import { liar } from './kinds/liar.js';
import { leader, orderer } from './kinds/orderers.js';

export const DRILLS: Readonly<Record<DrillName, Drill>> = {
  leader,
  orderer,
  peers,
  contract,
  kubo,
  hospital,
  restart,
  disk,
  liar,
};
