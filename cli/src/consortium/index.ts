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
