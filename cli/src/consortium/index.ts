/**
 * A network on this machine, for programs that work on it: `@emr-share/cli/consortium`.
 *
 * @module
 */
export {
  foundConsortium,
  openFabricConsortium,
  type FabricAdmin,
  type FabricConsortium,
  type FabricEnrolment,
} from './fabric-consortium.js';
export { openOwnNetwork, type OwnNetwork, type OwnNetworkOptions } from './own-network.js';
export {
  restoreHospital,
  type HospitalReport,
  type RestoreHospitalOptions,
} from '../site/restore-hospital.js';
