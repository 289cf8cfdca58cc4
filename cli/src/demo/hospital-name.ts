import type { MspId } from '@emr-share/model';

/** How the story calls an organization: `HospA` for `HospAMSP`. */
export const hospitalName = (mspId: MspId): string => mspId.replace(/MSP$/, '');
