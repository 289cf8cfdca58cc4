import type { Identity } from '@emr-share/gateway-client';
import { createIdentity } from '@emr-share/gateway-client/node';
import type { MspId, Role } from '@emr-share/model';
import { CertificateAuthority, type Validity } from '../../src/ca/certificate-authority.js';
import { generateP256 } from '../../src/ca/p256.js';
import type { CommittedTransaction } from '../../src/channel.js';
import { Deployment, type DeploymentOptions } from '../../src/deployment.js';
import { verifyCopies, type VerificationReport } from '../../src/ledger/chain-verification.js';
import type { Peer } from '../../src/peer.js';
import { toyChaincode, type Modification } from './toy-chaincode.js';

export const MSP_IDS = ['HospAMSP', 'HospBMSP', 'HospCMSP'] as const;

export interface CallOptions {
  readonly organizations?: readonly MspId[];
  readonly transient?: Readonly<Record<string, Uint8Array>>;
  readonly signal?: AbortSignal;
}

/** A deployment that runs the toy chaincode, and a user of it. */
export class ToyLedger implements AsyncDisposable {
  readonly deployment: Deployment;
  readonly identity: Identity;

  private constructor(deployment: Deployment, identity: Identity) {
    this.deployment = deployment;
    this.identity = identity;
  }

  static async open(
    directory: string,
    options: Partial<DeploymentOptions> & { modification?: Modification } = {},
  ): Promise<ToyLedger> {
    const { modification, ...rest } = options;
    const chaincodeOf = toyChaincode(modification);
    const deployment = await Deployment.open({ directory, chaincodeOf, ...rest });
    const userId = `user-${Math.random().toString(36).slice(2)}`;
    return new ToyLedger(deployment, await enrol(deployment, 'HospAMSP', { userId }));
  }

  get peers(): readonly Peer[] {
    return this.deployment.channel.peers;
  }

  peer(mspId: MspId): Peer {
    return this.deployment.organization(mspId).peer;
  }

  submit(
    transaction: string,
    args: readonly string[],
    { organizations = MSP_IDS, ...options }: CallOptions = {},
  ): Promise<CommittedTransaction> {
    const invocation = { transaction, args, organizations, ...options };
    return this.deployment.channel.submit(this.identity, invocation);
  }

  evaluate(
    transaction: string,
    args: readonly string[],
    { organizations = ['HospAMSP'], ...options }: CallOptions = {},
  ): Promise<string> {
    const invocation = { transaction, args, organizations, ...options };
    return this.deployment.channel.evaluate(this.identity, invocation);
  }

  verify(): Promise<VerificationReport> {
    return verifyCopies(this.peers, this.deployment.config);
  }

  close(): Promise<void> {
    return this.deployment.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

export interface EnrolOptions {
  readonly userId?: string;
  readonly role?: Role;
  readonly validity?: Validity;
}

/** Enrols a user whose key is made for the test. */
export async function enrol(
  deployment: Deployment,
  mspId: MspId,
  { userId = 'dr.test', role = 'physician', validity }: EnrolOptions = {},
): Promise<Identity> {
  const { publicKey, privateKey } = await generateP256();
  const certificatePem = await deployment
    .organization(mspId)
    .authority.enrol(
      { userId, role },
      publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      validity ?? CertificateAuthority.enrolmentValidity(Date.now()),
    );
  const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return createIdentity({ mspId, certificatePem, privateKeyPem });
}
