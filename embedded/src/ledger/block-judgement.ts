/**
 * How an organization judges the transactions of a block: by itself, on its own copy, with the same
 * outcome as every other organization. Nothing in it depends on a clock. See docs/protocol.md §10.
 *
 * @module
 */
import type { MspId } from '@emr-share/model';
import { isSufficientlyEndorsed } from '../endorsement/endorsement-policy.js';
import { verifyEndorsement } from '../endorsement/endorsement.js';
import { transactionIdOf, verifyProposal } from '../endorsement/proposal.js';
import { canonicalSha256 } from '../hash.js';
import type { Membership } from '../msp/membership.js';
import { BlockUpdates } from './block-updates.js';
import {
  occupiesId,
  transactionsOf,
  type Block,
  type Envelope,
  type ValidationCode,
} from './block.js';
import { conflictOf } from './conflicts.js';
import type { LedgerCopy } from './ledger-copy.js';

export interface BlockJudgement {
  readonly codes: ValidationCode[];
  readonly updates: BlockUpdates;
}

/** Judges transactions on top of one copy. */
export class BlockJudge {
  readonly #copy: LedgerCopy;
  readonly #membership: Membership;
  readonly #channel: string;

  constructor(copy: LedgerCopy, membership: Membership, channel: string) {
    this.#copy = copy;
    this.#membership = membership;
    this.#channel = channel;
  }

  /** Judges the block that follows the copy's head. */
  async judge(block: Block): Promise<BlockJudgement> {
    const updates = new BlockUpdates();
    const codes: ValidationCode[] = [];
    const seen = new Set<string>();
    for (const [position, envelope] of transactionsOf(block).entries()) {
      const code =
        (await this.#formProblem(envelope, seen)) ??
        (await conflictOf(envelope.result.rwSet, this.#copy.latest, updates)) ??
        'VALID';
      if (occupiesId(code)) seen.add(transactionIdOf(envelope.proposal));
      codes.push(code);
      if (code === 'VALID') updates.add(envelope.result.rwSet, [block.header.number, position]);
    }
    return { codes, updates };
  }

  async #formProblem(
    envelope: Envelope,
    seen: ReadonlySet<string>,
  ): Promise<ValidationCode | null> {
    const { proposal, result } = envelope;
    if (!(await this.#isSignedByCreator(envelope))) return 'BAD_CREATOR_SIGNATURE';
    const isItsResult = result.proposalSha256 === canonicalSha256(proposal);
    if (proposal.channel !== this.#channel || !isItsResult) return 'BAD_PROPOSAL';
    const transactionId = transactionIdOf(proposal);
    if (seen.has(transactionId) || this.#copy.transactionPlace(transactionId) !== undefined) {
      return 'DUPLICATE_TXID';
    }
    const { organizations } = this.#membership;
    return isSufficientlyEndorsed(result.rwSet, this.#endorsers(envelope), organizations)
      ? null
      : 'ENDORSEMENT_POLICY_FAILURE';
  }

  /** At the time the proposal claims: revocation is the endorsers' to check, for it has a clock. */
  async #isSignedByCreator(envelope: Envelope): Promise<boolean> {
    const { creator, timestamp } = envelope.proposal;
    try {
      verifyProposal(envelope, await this.#membership.memberAt(creator, timestamp));
      return true;
    } catch {
      return false;
    }
  }

  #endorsers({ endorsements, result }: Envelope): Set<MspId> {
    const valid = endorsements.filter((endorsement) => {
      const peerKey = this.#membership.peerKeys.get(endorsement.mspId);
      return peerKey !== undefined && verifyEndorsement(endorsement, peerKey, result);
    });
    return new Set(valid.map(({ mspId }) => mspId));
  }
}
