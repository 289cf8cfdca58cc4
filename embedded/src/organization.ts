/**
 * One organization of the consortium: its CA, its peer with its own copy of the ledger, its contract
 * service with its own custodian keys.
 *
 * @module
 */
import './endorsement/shim.js';
import { createPrivateKey } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createChaincode, CustodianKeyFiles, type ContractService } from '@emr-share/chaincode';
import { EmrError, type MspId, type UnixMillis } from '@emr-share/model';
import { CertificateAuthority } from './ca/certificate-authority.js';
import { generateP256 } from './ca/p256.js';
import type { RevocationList } from './ca/revocation-list.js';
import type { OrganizationPaths } from './consortium-paths.js';
import { ContractRunner } from './endorsement/contract-runner.js';
import type { ChaincodeInterface } from './endorsement/shim.js';
import { SECRET_FILE_MODE, writeFileDurably } from './files.js';
import { LedgerCopy } from './ledger/ledger-copy.js';
import type { ChannelConfig } from './msp/channel-config.js';
import { Peer } from './peer.js';

/** Makes an organization's chaincode; tests put in another one. */
export type ChaincodeFactory = (service: ContractService) => ChaincodeInterface;

export interface OrganizationOptions {
  readonly paths: OrganizationPaths;
  readonly config: ChannelConfig;
  readonly clock: { now(): UnixMillis };
  readonly revocations: (mspId: MspId) => RevocationList;
  readonly chaincodeOf?: ChaincodeFactory | undefined;
}

export class Organization {
  readonly mspId: MspId;
  readonly authority: CertificateAuthority;
  readonly custodians: CustodianKeyFiles;
  readonly peer: Peer;

  private constructor(
    mspId: MspId,
    authority: CertificateAuthority,
    custodians: CustodianKeyFiles,
    peer: Peer,
  ) {
    this.mspId = mspId;
    this.authority = authority;
    this.custodians = custodians;
    this.peer = peer;
  }

  /** Makes the CA and the peer's key in `paths`; gives the organization's part of the channel. */
  static async create(
    mspId: MspId,
    paths: OrganizationPaths,
    now: UnixMillis,
  ): Promise<ChannelConfig['organizations'][number]> {
    await mkdir(paths.root, { recursive: true, mode: 0o700 });
    await CertificateAuthority.create(mspId, paths.ca, now);
    const authority = await CertificateAuthority.open(mspId, paths.ca);
    const { publicKey, privateKey } = await generateP256();
    const publicKeyPem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const peerCertificatePem = await authority.issuePeer(`peer0.${mspId}`, publicKeyPem, now);
    await mkdir(paths.peer, { recursive: true, mode: 0o700 });
    await writeFileDurably(
      join(paths.peer, 'key.pem'),
      privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      SECRET_FILE_MODE,
    );
    await writeFileDurably(join(paths.peer, 'certificate.pem'), peerCertificatePem);
    return { mspId, rootCertificatePem: authority.rootCertificatePem, peerCertificatePem };
  }

  /** @throws EmrError `LEDGER_CORRUPT` when the copy of the ledger cannot be opened. */
  static async open(mspId: MspId, options: OrganizationOptions): Promise<Organization> {
    const { paths, chaincodeOf = createChaincode, ...rest } = options;
    const authority = await CertificateAuthority.open(mspId, paths.ca);
    const privateKey = createPrivateKey(await readFile(join(paths.peer, 'key.pem'), 'utf8'));
    const custodians = await CustodianKeyFiles.open(paths.custodianFile);
    const { clock } = options;
    const chaincode = chaincodeOf({ mspId, clock, custodians });
    const runner = new ContractRunner(mspId, chaincode);
    const copy = await openCopy(mspId, paths.ledger);
    const peer = new Peer({ ...rest, mspId, privateKey, copy, runner });
    return new Organization(mspId, authority, custodians, peer);
  }

  close(): Promise<void> {
    return this.peer.copy.close();
  }
}

async function openCopy(mspId: MspId, directory: string): Promise<LedgerCopy> {
  try {
    return await LedgerCopy.open(directory);
  } catch (cause) {
    const problem = 'the database cannot be opened';
    throw new EmrError('LEDGER_CORRUPT', { mspId, blockNumber: 0, problem }, { cause });
  }
}
