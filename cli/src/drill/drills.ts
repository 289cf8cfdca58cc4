import type { Drill } from './drill.js';
import { disk } from './kinds/disk.js';
import { contract, hospital, kubo, peers, restart } from './kinds/hospital-nodes.js';
import { liar } from './kinds/liar.js';
import { leader, orderer } from './kinds/orderers.js';

/** All kinds, in the order in which `all` runs them. */
export const DRILLS: readonly Drill[] = [
  leader,
  orderer,
  peers,
  contract,
  kubo,
  hospital,
  restart,
  disk,
  liar,
];
