/**
 * Runs an organization's contracts over a view of its state.
 *
 * @module
 */
import { decodeWireError, type MspId } from '@emr-share/model';
import { canonicalSha256 } from '../hash.js';
import type { StateView } from '../ledger/state-view.js';
import { rejected } from '../msp/membership.js';
import type { Proposal } from './proposal.js';
import type { PrivateWrite } from './read-write-set.js';
import type { ChaincodeInterface } from './shim.js';
import type { SimulationResult } from './simulation-result.js';
import { SimulationStub } from './simulation-stub.js';
import { Simulation } from './simulation.js';
import type { TransientData } from './transient-data.js';

const ERROR_THRESHOLD = 400;

/** A simulation's outcome: what may be shown to all, and what only this organization keeps. */
export interface Simulated {
  readonly result: SimulationResult;
  readonly privateWrites: readonly PrivateWrite[];
}

/** The contracts of one organization. */
export class ContractRunner {
  readonly #mspId: MspId;
  readonly #chaincode: ChaincodeInterface;

  constructor(mspId: MspId, chaincode: ChaincodeInterface) {
    this.#mspId = mspId;
    this.#chaincode = chaincode;
  }

  /**
   * Runs a proposal.
   *
   * @throws EmrError of the contract, or `LEDGER_REJECTED` where the failure carries no code.
   */
  async run(
    proposal: Proposal,
    transient: TransientData | undefined,
    view: StateView,
  ): Promise<Simulated> {
    const simulation = new Simulation(view);
    const stub = new SimulationStub(this.#mspId, proposal, transient, simulation);
    const { status, message = '', payload } = await this.#chaincode.Invoke(stub);
    if (status >= ERROR_THRESHOLD) throw decodeWireError(message) ?? rejected(message);
    const { rwSet, privateWrites } = simulation.finish();
    return {
      result: {
        proposalSha256: canonicalSha256(proposal),
        response: Buffer.from(payload ?? []).toString(),
        event: stub.event,
        rwSet,
      },
      privateWrites,
    };
  }
}
