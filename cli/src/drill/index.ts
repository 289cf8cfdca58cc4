/**
 * Fault drills: break a running network on purpose, under the load of real clients, and show that
 * nothing acknowledged is lost.
 *
 * @module
 */
export { DRILL_NAMES, DRILL_TITLES, type DrillName } from './drill-names.js';
export {
  openOwnNetwork,
  type OwnNetwork,
  type OwnNetworkOptions,
} from '../consortium/own-network.js';
export { reportText, resultLine } from './report.js';
export type { DrillResult, Fault } from './result.js';
export { type DrillOptions, runDrill } from './run-drill.js';
