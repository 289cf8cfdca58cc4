/**
 * The peer of one organization: endorses proposals, signs, judges and commits blocks. It trusts no
 * other organization: it checks everything itself, on its own copy of the ledger.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto';
import {
  EmrError,
  implicitCollection,
  validate,
  type MspId,
  type UnixMillis,
} from '@emr-share/model';
import type { RevocationList } from './ca/revocation-list.js';
import type { ContractRunner, Simulated } from './endorsement/contract-runner.js';
import { endorse, type Endorsed, type PeerSignature } from './endorsement/endorsement.js';
import { SignedProposal, transactionIdOf, verifyProposal } from './endorsement/proposal.js';
import { transientSha256, type TransientData } from './endorsement/transient-data.js';
import { BlockJudge, type BlockJudgement } from './ledger/block-judgement.js';
import {
  chainProblem,
  nextHeader,
  signHeader,
  type Block,
  type BlockData,
  type BlockHeader,
} from './ledger/block.js';
import type { LedgerCopy, OpenView } from './ledger/ledger-copy.js';
import type { ChannelConfig } from './msp/channel-config.js';
import { Membership, refuseRevoked, rejected } from './msp/membership.js';

export interface PeerOptions {
  readonly mspId: MspId;
  /** P-256, of the peer's certificate. */
  readonly privateKey: KeyObject;
  readonly copy: LedgerCopy;
  readonly config: ChannelConfig;
  readonly runner: ContractRunner;
  readonly clock: { now(): UnixMillis };
  /** What an organization's CA has revoked. */
  readonly revocations: (mspId: MspId) => RevocationList;
}

export class Peer {
  readonly mspId: MspId;
  readonly copy: LedgerCopy;
  readonly membership: Membership;
  readonly #options: PeerOptions;
  readonly #judge: BlockJudge;

  constructor(options: PeerOptions) {
    this.mspId = options.mspId;
    this.copy = options.copy;
    this.membership = new Membership(options.config);
    this.#options = options;
    this.#judge = new BlockJudge(options.copy, this.membership, options.config.channel);
  }

  /** The state to simulate on; {@link evaluate} and {@link endorse} release it. */
  openView(): OpenView {
    return this.copy.openView();
  }

  /** Runs a query and gives the contract's answer. Nothing is kept. */
  async evaluate(
    signed: SignedProposal,
    transient: TransientData | undefined,
    view: OpenView,
  ): Promise<string> {
    const { result } = await this.#simulate(signed, transient, view);
    return result.response;
  }

  /**
   * Simulates a transaction and signs the result. Private writes of this organization are staged
   * first, durably: a block is never ordered whose private part could be lost.
   */
  async endorse(
    signed: SignedProposal,
    transient: TransientData | undefined,
    view: OpenView,
  ): Promise<Endorsed> {
    const { result, privateWrites } = await this.#simulate(signed, transient, view);
    const own = privateWrites.filter(
      ({ collection }) => collection === implicitCollection(this.mspId),
    );
    if (own.length > 0) await this.copy.stage(transactionIdOf(signed.proposal), own);
    return { result, endorsement: endorse(this.mspId, this.#options.privateKey, result) };
  }

  /**
   * Lets a proposal in: well-formed, for this channel, signed by a member whose certificate is valid
   * and not revoked, with the transient data it names, and never used before.
   *
   * @throws EmrError `INPUT_INVALID`, `CERTIFICATE_REFUSED`, `LEDGER_REJECTED`.
   */
  async admit(signed: SignedProposal, transient?: TransientData): Promise<void> {
    const { proposal } = validate(SignedProposal, signed, 'the proposal');
    const { config, clock, revocations } = this.#options;
    if (proposal.channel !== config.channel) throw rejected(`the channel is ${config.channel}`);
    const member = await this.membership.memberAt(proposal.creator, clock.now());
    refuseRevoked(member, revocations(member.mspId));
    verifyProposal(signed, member);
    const hash = transient === undefined ? undefined : transientSha256(transient);
    if (hash !== proposal.transientSha256) {
      throw rejected('the transient data is not what the proposal says');
    }
    if (this.copy.transactionPlace(transactionIdOf(proposal)) !== undefined) {
      throw rejected('this proposal has been used already');
    }
  }

  /**
   * Signs the header of the block that follows this copy's head.
   *
   * @throws EmrError `LEDGER_CORRUPT` when it does not follow it.
   */
  signBlock(header: BlockHeader, data: BlockData): PeerSignature {
    const expected = nextHeader(this.copy.head, data);
    const isNext =
      header.number === expected.number &&
      header.previousSha256 === expected.previousSha256 &&
      header.dataSha256 === expected.dataSha256;
    if (!isNext) throw this.corrupt(header.number, 'the block offered does not follow it');
    return signHeader(this.mspId, this.#options.privateKey, header);
  }

  /**
   * Judges the next block.
   *
   * @throws EmrError `LEDGER_CORRUPT` when it does not follow the head or lacks a signature.
   */
  judge(block: Block): Promise<BlockJudgement> {
    const problem = chainProblem(block, this.copy.head, this.membership.peerKeys);
    if (problem !== null) throw this.corrupt(block.header.number, problem);
    return this.#judge.judge(block);
  }

  /** Commits a block as judged. Simulations see it once the copy publishes. */
  commit(block: Block, { codes, updates }: BlockJudgement): Promise<void> {
    return this.copy.commit({ ...block, codes }, updates);
  }

  corrupt(blockNumber: number, problem: string, cause?: unknown): EmrError<'LEDGER_CORRUPT'> {
    return new EmrError('LEDGER_CORRUPT', { mspId: this.mspId, blockNumber, problem }, { cause });
  }

  /** This organization's database cannot be read. */
  unreadable(cause: unknown): EmrError<'LEDGER_CORRUPT'> {
    return this.corrupt(this.copy.head.height, 'the database cannot be read', cause);
  }

  async #simulate(
    signed: SignedProposal,
    transient: TransientData | undefined,
    { view, release }: OpenView,
  ): Promise<Simulated> {
    try {
      await this.admit(signed, transient);
      return await this.#options.runner.run(signed.proposal, transient, view);
    } finally {
      release();
    }
  }
}
