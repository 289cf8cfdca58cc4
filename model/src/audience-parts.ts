/**
 * What audience grants, and the handing on of their shares, are made of.
 *
 * @module
 */
import * as v from 'valibot';
import { MAX_CUSTODIANS } from './grant.js';
import { GrantId, KeyGeneration, MspId, Sha256Hex } from './ids.js';
import { withoutRepeats } from './without-repeats.js';

/** 128-bit ID of an audience grant, chosen by the patient; from the same space as grant IDs. */
export const AudienceId = GrantId;
export type AudienceId = v.InferOutput<typeof AudienceId>;

/** Feldman commitments: `threshold` points of 33 bytes, as hex. */
export const CommitmentsHex = v.pipe(
  v.string(),
  v.regex(/^(?:0[23][0-9a-f]{64}){1,32}$/, 'commitments: 1 to 32 compressed points as hex'),
);
export type CommitmentsHex = v.InferOutput<typeof CommitmentsHex>;

/** What is made public of one sealed part for each custodian. */
export const CustodianShares = v.pipe(
  v.array(v.strictObject({ mspId: MspId, generation: KeyGeneration, sealedSha256: Sha256Hex })),
  v.minLength(1),
  v.maxLength(MAX_CUSTODIANS),
  withoutRepeats('custodians', (share) => share.mspId),
);
