/**
 * Proposals: what a client asks the organizations to run, signed with its X.509 key.
 *
 * The timestamp is the client's, as in Fabric; contracts compare it with their own clock. Transient
 * data is bound by a salted hash and is not part of the proposal, so that it never reaches a block.
 *
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Identity } from '@emr-share/gateway-client';
import { canonicalBytes, MAX_REQUEST_CHARS, Sha256Hex, UnixMillis } from '@emr-share/model';
import * as v from 'valibot';
import { verifyP256Der } from '../ca/p256.js';
import { sha256Hex } from '../hash.js';
import { Creator } from '../msp/creator.js';
import { refused, type Member } from '../msp/membership.js';

const NONCE_BYTES = 24;

export const Proposal = v.strictObject({
  version: v.literal(1),
  channel: v.string(),
  /** `contract:Function`. */
  transaction: v.pipe(v.string(), v.maxLength(128)),
  args: v.pipe(v.array(v.pipe(v.string(), v.maxLength(MAX_REQUEST_CHARS))), v.maxLength(16)),
  nonce: v.pipe(v.string(), v.regex(/^[0-9a-f]{48}$/, 'nonce as 48 hex digits')),
  creator: Creator,
  /** The client's clock. */
  timestamp: UnixMillis,
  /** Left out where there is no transient data. */
  transientSha256: v.optional(Sha256Hex),
});
export type Proposal = v.InferOutput<typeof Proposal>;

export const SignedProposal = v.strictObject({
  proposal: Proposal,
  /** ECDSA P-256 over SHA-256 of the proposal's canonical bytes, ASN.1 DER, low-S, hex. */
  signature: v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{2}){8,72}$/, 'signature as hex')),
});
export type SignedProposal = v.InferOutput<typeof SignedProposal>;

/** What a client decides about a proposal. */
export type ProposalInput = Pick<
  Proposal,
  'channel' | 'transaction' | 'args' | 'timestamp' | 'transientSha256'
>;

/** Makes a proposal with a fresh nonce and has `identity` sign it. */
export async function signProposal(
  input: ProposalInput,
  identity: Identity,
): Promise<SignedProposal> {
  const proposal: Proposal = {
    version: 1,
    ...input,
    nonce: randomBytes(NONCE_BYTES).toString('hex'),
    creator: { mspId: identity.mspId, certificatePem: identity.certificatePem },
  };
  const digest = createHash('sha256').update(canonicalBytes(proposal)).digest();
  return { proposal, signature: Buffer.from(await identity.sign(digest)).toString('hex') };
}

/** SHA-256 over the nonce and the creator's canonical bytes: nobody else can make the same ID. */
export function transactionIdOf({ nonce, creator }: Proposal): string {
  return sha256Hex(Buffer.concat([Buffer.from(nonce, 'hex'), canonicalBytes(creator)]));
}

/**
 * Checks that the member whose certificate the proposal shows has signed it.
 *
 * @throws EmrError `CERTIFICATE_REFUSED`.
 */
export function verifyProposal({ proposal, signature }: SignedProposal, member: Member): void {
  const der = Buffer.from(signature, 'hex');
  if (!verifyP256Der(der, canonicalBytes(proposal), member.publicKey)) {
    throw refused('the signature of the proposal does not verify');
  }
}
