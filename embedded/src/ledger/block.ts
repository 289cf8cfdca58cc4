/**
 * Blocks: numbered, chained by SHA-256, signed by every organization. See docs/protocol.md §10.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto';
import { Sha256Hex, type MspId } from '@emr-share/model';
import * as v from 'valibot';
import { signP256, verifyP256 } from '../ca/p256.js';
import { PeerSignature } from '../endorsement/endorsement.js';
import { SignedProposal } from '../endorsement/proposal.js';
import { SimulationResult } from '../endorsement/simulation-result.js';
import { canonicalSha256, taggedBytes } from '../hash.js';
import { ChannelConfig } from '../msp/channel-config.js';

/** A transaction as it is ordered: the proposal, its endorsed result, and who endorsed. */
export const Envelope = v.strictObject({
  ...SignedProposal.entries,
  result: SimulationResult,
  endorsements: v.array(PeerSignature),
});
export type Envelope = v.InferOutput<typeof Envelope>;

/** Judgements of a transaction, with Fabric's names. */
export const VALIDATION_CODES = [
  'VALID',
  'BAD_CREATOR_SIGNATURE',
  'BAD_PROPOSAL',
  'DUPLICATE_TXID',
  'ENDORSEMENT_POLICY_FAILURE',
  'MVCC_READ_CONFLICT',
  'PHANTOM_READ_CONFLICT',
] as const;
export const ValidationCode = v.picklist(VALIDATION_CODES);
export type ValidationCode = v.InferOutput<typeof ValidationCode>;

/**
 * Whether a transaction so judged uses up its ID. One that its creator did not sign does not: nobody
 * shall block an ID that is not theirs.
 */
export function occupiesId(code: ValidationCode): boolean {
  return code !== 'DUPLICATE_TXID' && code !== 'BAD_CREATOR_SIGNATURE';
}

export const BlockHeader = v.strictObject({
  number: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** Hash of the previous header; 64 zeros in block 0. */
  previousSha256: Sha256Hex,
  /** SHA-256 of the canonical bytes of `data`. */
  dataSha256: Sha256Hex,
});
export type BlockHeader = v.InferOutput<typeof BlockHeader>;

/** Block 0 holds the configuration, every other one transactions. */
export const BlockData = v.variant('kind', [
  v.strictObject({ kind: v.literal('config'), config: ChannelConfig }),
  v.strictObject({ kind: v.literal('transactions'), transactions: v.array(Envelope) }),
]);
export type BlockData = v.InferOutput<typeof BlockData>;

export const Block = v.strictObject({
  header: BlockHeader,
  data: BlockData,
  signatures: v.array(PeerSignature),
});
export type Block = v.InferOutput<typeof Block>;

/** A block in one organization's copy, with how that organization judged its transactions. */
export const StoredBlock = v.strictObject({ ...Block.entries, codes: v.array(ValidationCode) });
export type StoredBlock = v.InferOutput<typeof StoredBlock>;

/** Predecessor of block 0. */
export const NO_BLOCK = { height: 0, headSha256: '0'.repeat(64) } as const;

/** Height of a chain and hash of its last header. */
export interface ChainHead {
  readonly height: number;
  readonly headSha256: string;
}

export function headerSha256(header: BlockHeader): string {
  return canonicalSha256(header);
}

/** The header of the block that follows `head`. */
export function nextHeader(head: ChainHead, data: BlockData): BlockHeader {
  return {
    number: head.height,
    previousSha256: head.headSha256,
    dataSha256: canonicalSha256(data),
  };
}

export function headAfter({ header }: Block): ChainHead {
  return { height: header.number + 1, headSha256: headerSha256(header) };
}

/** Transactions of a block; none in block 0. */
export function transactionsOf({ data }: Block): readonly Envelope[] {
  return data.kind === 'transactions' ? data.transactions : [];
}

/** Signs a header as the peer of `mspId`. */
export function signHeader(
  mspId: MspId,
  privateKey: KeyObject,
  header: BlockHeader,
): PeerSignature {
  const signature = signP256(headerBytes(mspId, header), privateKey);
  return { mspId, signature: Buffer.from(signature).toString('hex') };
}

/**
 * Why `block` is not the one that follows `head`, or `null` if it is.
 *
 * @param peerKeys - Of every organization: all of them sign.
 */
export function chainProblem(
  block: Block,
  head: ChainHead,
  peerKeys: ReadonlyMap<MspId, KeyObject>,
): string | null {
  const { header, data, signatures } = block;
  if (header.number !== head.height) return `its number is ${header.number}`;
  if (header.previousSha256 !== head.headSha256) return 'it does not follow the block before it';
  if (header.dataSha256 !== canonicalSha256(data)) return 'its data does not match its header';
  const byPeer = new Map(signatures.map(({ mspId, signature }) => [mspId, signature]));
  for (const [mspId, key] of peerKeys) {
    const signature = Buffer.from(byPeer.get(mspId) ?? '', 'hex');
    if (!verifyP256(signature, headerBytes(mspId, header), key)) {
      return `the signature of ${mspId} does not verify`;
    }
  }
  return byPeer.size === signatures.length && byPeer.size === peerKeys.size
    ? null
    : 'it is signed by others than the organizations';
}

function headerBytes(signer: MspId, header: BlockHeader): Uint8Array {
  return taggedBytes('block', { signer, header });
}
