/**
 * Who made a proposal: an organization and a certificate of it.
 *
 * @module
 */
import { MspId } from '@emr-share/model';
import * as v from 'valibot';

export const Creator = v.strictObject({
  mspId: MspId,
  certificatePem: v.pipe(v.string(), v.maxLength(8192)),
});
export type Creator = v.InferOutput<typeof Creator>;
