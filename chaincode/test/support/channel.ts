/** A channel of several organizations in memory: each endorses alone, all must agree. */
import { randomBytes } from 'node:crypto';
import { loadNativeBackend, useBackend } from '@emr-share/crypto/native';
import {
  decodeWireError,
  EmrError,
  TRANSACTIONS,
  validate,
  type AuditEntry,
  type TransactionName,
  type TransactionRequest,
  type TransactionResponse,
} from '@emr-share/model';
import shimLogger from 'fabric-shim/lib/logger.js';
import { createChaincode } from '../../src/index.js';
import type { ChaincodeInterface } from '../../src/fabric.js';
import { TestCustodians } from './custodians.js';
import { createStub, type Proposal } from './stub.js';
import { newSimulation, World, type Simulation } from './world.js';

// The dispatcher logs every refusal, and refusals are what these tests are about.
shimLogger.getLogger('contracts-spi/chaincodefromcontract.js').silent = true;

const native = loadNativeBackend();
if (native !== null) useBackend(native);

export const ORGANIZATIONS = ['HospAMSP', 'HospBMSP', 'HospCMSP'] as const;
export type Organization = (typeof ORGANIZATIONS)[number];

export interface Identity {
  readonly mspId: string;
  readonly certificatePem: string;
}

export interface CallOptions {
  /** The timestamp that the client claims; by default the channel's time. */
  readonly at?: number;
  /** Who endorses; by default all for transactions, the first for queries. */
  readonly organizations?: readonly Organization[];
  readonly transient?: Readonly<Record<string, Uint8Array>>;
}

export interface ContractMetadata {
  readonly contracts: Readonly<Record<string, ContractDescription>>;
}

interface ContractDescription {
  readonly contractInstance: object;
  readonly transactions: readonly { readonly name: string; readonly tag?: readonly string[] }[];
}

interface Endorsement {
  readonly payload: string;
  readonly simulation: Simulation;
}

type Custodians = Readonly<Record<Organization, TestCustodians>>;

const eachOrganization = <T>(make: (mspId: Organization) => T): Record<Organization, T> => ({
  HospAMSP: make('HospAMSP'),
  HospBMSP: make('HospBMSP'),
  HospCMSP: make('HospCMSP'),
});

/** The state, the organizations' chaincode, and one clock for all, which tests move. */
export class Channel {
  readonly world: World;
  readonly events: AuditEntry[] = [];
  readonly custodians: Custodians;
  /** Time of the organizations' own clocks. */
  now = Date.UTC(2026, 0, 1);
  /** What the last call read and wrote at its first endorser. */
  last: Simulation = newSimulation();
  readonly #chaincode: Readonly<Record<Organization, ChaincodeInterface>>;

  constructor(world = new World(), custodians = eachOrganization(() => new TestCustodians())) {
    this.world = world;
    this.custodians = custodians;
    this.#chaincode = eachOrganization((mspId) =>
      createChaincode({
        mspId,
        clock: { now: () => this.now },
        custodians: custodians[mspId],
      }),
    );
  }

  /** Another channel of the same organizations in the same state; neither sees what the other does. */
  fork(): Channel {
    const custodians = eachOrganization((mspId) => this.custodians[mspId].copy());
    const fork = new Channel(this.world.copy(), custodians);
    fork.now = this.now;
    return fork;
  }

  /** What fabric-shim knows of the contracts: answers of `org.hyperledger.fabric:GetMetadata`. */
  get metadata(): ContractMetadata {
    const { metadata } = this.#chaincode.HospAMSP as unknown as { metadata: ContractMetadata };
    return metadata;
  }

  /** Endorses and commits. Throws the endorsers' `EmrError`. */
  async submit<N extends TransactionName>(
    identity: Identity,
    name: N,
    request: TransactionRequest<N>,
    options: CallOptions = {},
  ): Promise<TransactionResponse<N>> {
    const organizations = options.organizations ?? ORGANIZATIONS;
    const proposal = this.#propose(identity, name, JSON.stringify(request), options);
    const [first, ...others] = await this.#endorse(organizations, proposal);
    for (const other of others) assertSame(first!, other);
    assertPolicy(first!.simulation, organizations);
    this.world.commit(first!.simulation);
    for (const { payload } of first!.simulation.events) {
      this.events.push(JSON.parse(Buffer.from(payload).toString()) as AuditEntry);
    }
    return responseOf(name, first!.payload);
  }

  /** Asks one organization. Throws the endorser's `EmrError`. */
  async evaluate<N extends TransactionName>(
    identity: Identity,
    name: N,
    request: TransactionRequest<N>,
    options: CallOptions = {},
  ): Promise<TransactionResponse<N>> {
    const payload = await this.evaluateRaw(identity, name, JSON.stringify(request), options);
    expectNoWrites(this.last);
    return responseOf(name, payload);
  }

  /** A query with an argument that need not be a request, or with none. */
  async evaluateRaw(
    identity: Identity,
    name: string,
    argument?: string,
    options: CallOptions = {},
  ): Promise<string> {
    const organizations = options.organizations ?? [ORGANIZATIONS[0]];
    const proposal = this.#propose(identity, name, argument, options);
    const [endorsement] = await this.#endorse(organizations, proposal);
    return endorsement!.payload;
  }

  #propose(
    { mspId, certificatePem }: Identity,
    name: string,
    argument: string | undefined,
    { at = this.now, transient = {} }: CallOptions,
  ): Proposal {
    return {
      transactionId: randomBytes(32).toString('hex'),
      creator: { mspid: mspId, idBytes: Buffer.from(certificatePem) },
      timestampMs: at,
      args: argument === undefined ? [name] : [name, argument],
      transient: new Map(Object.entries(transient)),
    };
  }

  async #endorse(
    organizations: readonly Organization[],
    proposal: Proposal,
  ): Promise<Endorsement[]> {
    const endorsements: Endorsement[] = [];
    for (const mspId of organizations) {
      const simulation = newSimulation();
      const { stub, openIterators } = createStub(this.world, mspId, proposal, simulation);
      const response = await this.#chaincode[mspId].Invoke(stub);
      this.last = simulation;
      if (openIterators() !== 0) throw new Error('an iterator was left open');
      if (response.status !== 200) throw refusalOf(response.message ?? '');
      endorsements.push({ payload: Buffer.from(response.payload ?? []).toString(), simulation });
    }
    this.last = endorsements[0]!.simulation;
    return endorsements;
  }
}

function refusalOf(message: string): Error {
  return decodeWireError(`chaincode response 500, ${message}`) ?? new Error(message);
}

function responseOf<N extends TransactionName>(name: N, payload: string): TransactionResponse<N> {
  return validate(TRANSACTIONS[name].response, JSON.parse(payload), 'the response');
}

const flat = ({ payload, simulation }: Endorsement): string =>
  JSON.stringify([
    payload,
    [...simulation.reads],
    [...simulation.ranges],
    [...simulation.writes].map(([k, v]) => [k, v === null ? null : Buffer.from(v).toString()]),
    [...simulation.hashReads],
    simulation.events.map((event) => [event.name, Buffer.from(event.payload).toString()]),
  ]);

function assertSame(a: Endorsement, b: Endorsement): void {
  if (flat(a) !== flat(b)) throw new EmrError('ENDORSEMENT_MISMATCH', { organizations: 'some' });
}

/** Private data is written by its owner alone, and never together with public state. */
function assertPolicy(simulation: Simulation, organizations: readonly Organization[]): void {
  if (simulation.privateWrites.size === 0) {
    if (simulation.writes.size > 0 && organizations.length * 2 <= ORGANIZATIONS.length) {
      throw new Error('public writes without a majority');
    }
    return;
  }
  if (organizations.length !== 1 || simulation.writes.size > 0) {
    throw new Error('private writes with public ones, or at several organizations');
  }
}

function expectNoWrites({ writes, privateWrites, events }: Simulation): void {
  if (writes.size + privateWrites.size + events.length > 0) throw new Error('a query wrote');
}
