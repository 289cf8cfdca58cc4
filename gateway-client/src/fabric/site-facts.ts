/**
 * What the blocks say of an organization whose site was lost: its people, by the certificates under
 * which they called the contract, and what of all records' content the stores must have.
 *
 * @module
 */
import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { common, msp, peer } from '@hyperledger/fabric-protos';
import { X509Crl } from '@peculiar/x509';
import { ATTRIBUTES, parseJson, TransactionRecord, type MspId } from '@emr-share/model';
import { attributesOf } from '../certificate-user.js';
import type { Identity } from '../ports/identity.js';
import { validationCodes } from './block-content.js';
import type { ConnectionProfile } from './connection-profile.js';
import { PeerConnection } from './peer-connection.js';

const VALID = 0;
const FILE_RECORD = 'records:FileRecord';
/** In the subject of a certificate: what Fabric calls a node unit. */
const CLIENT_UNIT = /(?:^|\n)OU=client(?:\n|$)/;
const EMPTY = new Uint8Array();

/** Somebody as the newest certificate on the ledger says. */
export interface SeenUser {
  readonly userId: string;
  readonly role: string;
  readonly department?: string;
  /** Whether that certificate was revoked. */
  readonly isRevoked: boolean;
}

export interface SiteFacts {
  /** Of the organization: those who registered with the contract, by user ID. */
  readonly users: readonly SeenUser[];
  /** CIDs of the content of all records, each once. */
  readonly contents: readonly string[];
  /** Blocks that were read. */
  readonly blocks: number;
}

/**
 * Reads all blocks from a peer of another organization; the first that answers.
 *
 * @param mspId - of the organization that was lost
 * @param identity - of another one
 * @throws EmrError `LEDGER_UNAVAILABLE`.
 */
export async function readSiteFacts(
  { channel, gateways }: ConnectionProfile,
  identity: Identity,
  { mspId, signal }: { readonly mspId: MspId; readonly signal?: AbortSignal | undefined },
): Promise<SiteFacts> {
  const others = gateways.filter((gateway) => gateway.mspId !== mspId);
  let failure: unknown = new TypeError(`no peer but those of ${mspId}`);
  for (const gateway of others) {
    using connection = new PeerConnection(gateway, identity, channel);
    try {
      return await read(connection, mspId, signal);
    } catch (error) {
      signal?.throwIfAborted();
      failure = error;
    }
  }
  throw failure;
}

async function read(
  connection: PeerConnection,
  mspId: MspId,
  signal: AbortSignal | undefined,
): Promise<SiteFacts> {
  const height = await connection.height(signal);
  const facts = new Facts(mspId);
  const blocks = connection.blocks(0, signal ?? new AbortController().signal);
  try {
    for (let number = 0; number < height; number += 1) {
      const next = await blocks.next();
      if (next.done === true) break;
      facts.take(next.value);
    }
  } finally {
    await blocks.return();
  }
  return { ...facts.result(), blocks: height };
}

class Facts {
  readonly #mspId: MspId;
  /** User ID → the certificate that was used last. */
  readonly #certificates = new Map<string, string>();
  readonly #revoked = new Set<string>();
  readonly #contents = new Set<string>();

  constructor(mspId: MspId) {
    this.#mspId = mspId;
  }

  take(block: common.Block): void {
    const codes = validationCodes(block);
    for (const [i, bytes] of (block.getData()?.getDataList_asU8() ?? []).entries()) {
      if (block.getHeader()?.getNumber() !== 0 && codes[i] !== VALID) continue;
      this.#takeEnvelope(common.Envelope.deserializeBinary(bytes));
    }
  }

  result(): Omit<SiteFacts, 'blocks'> {
    const users = [...this.#certificates.values()].map((pem) => this.#userOf(pem));
    users.sort((a, b) => a.userId.localeCompare(b.userId));
    return { users, contents: [...this.#contents] };
  }

  #takeEnvelope(envelope: common.Envelope): void {
    const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
    const header = payload.getHeader();
    const channel = common.ChannelHeader.deserializeBinary(
      header?.getChannelHeader_asU8() ?? EMPTY,
    );
    if (channel.getType() === common.HeaderType.CONFIG) this.#takeConfig(payload.getData_asU8());
    if (channel.getType() !== common.HeaderType.ENDORSER_TRANSACTION) return;
    const signature = header?.getSignatureHeader_asU8() ?? EMPTY;
    this.#takeCreator(common.SignatureHeader.deserializeBinary(signature).getCreator_asU8());
    const transaction = peer.Transaction.deserializeBinary(payload.getData_asU8());
    for (const action of transaction.getActionsList()) this.#takeCall(action.getPayload_asU8());
  }

  /** Every list of revoked certificates that the organization ever had. */
  #takeConfig(data: Uint8Array): void {
    const groups = common.ConfigEnvelope.deserializeBinary(data)
      .getConfig()
      ?.getChannelGroup()
      ?.getGroupsMap();
    const member = groups?.get('Application')?.getGroupsMap().get(this.#mspId);
    const value = member?.getValuesMap().get('MSP')?.getValue_asU8();
    if (value === undefined) return;
    const config = msp.MSPConfig.deserializeBinary(value).getConfig_asU8();
    for (const list of msp.FabricMSPConfig.deserializeBinary(config).getRevocationListList_asU8()) {
      const { entries } = new X509Crl(Buffer.from(list).toString());
      for (const { serialNumber } of entries) this.#revoked.add(normalSerial(serialNumber));
    }
  }

  /** The contract knows people by the attribute; nodes and their admins come back by themselves. */
  #takeCreator(creator: Uint8Array): void {
    const identity = msp.SerializedIdentity.deserializeBinary(creator);
    if (identity.getMspid() !== this.#mspId) return;
    const pem = Buffer.from(identity.getIdBytes_asU8()).toString();
    if (!CLIENT_UNIT.test(new X509Certificate(pem).subject)) return;
    const { [ATTRIBUTES.userId]: userId, [ATTRIBUTES.role]: role } = attributesOf(pem);
    if (userId !== undefined && role !== undefined) this.#certificates.set(userId, pem);
  }

  #takeCall(actionPayload: Uint8Array): void {
    const action = peer.ChaincodeActionPayload.deserializeBinary(actionPayload);
    const proposal = action.getChaincodeProposalPayload_asU8();
    const input = peer.ChaincodeProposalPayload.deserializeBinary(proposal).getInput_asU8();
    const spec = peer.ChaincodeInvocationSpec.deserializeBinary(input).getChaincodeSpec();
    const [name, request] = spec?.getInput()?.getArgsList_asU8() ?? [];
    if (request === undefined || Buffer.from(name ?? EMPTY).toString() !== FILE_RECORD) return;
    const record = parseJson(TransactionRecord, Buffer.from(request).toString(), 'the record');
    this.#contents.add(record.info.cid);
  }

  #userOf(pem: string): SeenUser {
    const {
      [ATTRIBUTES.userId]: userId = '',
      [ATTRIBUTES.role]: role = '',
      [ATTRIBUTES.department]: department,
    } = attributesOf(pem);
    return {
      userId,
      role,
      ...(department === undefined ? {} : { department }),
      isRevoked: this.#revoked.has(normalSerial(new X509Certificate(pem).serialNumber)),
    };
  }
}

/** Hexadecimal, lower case, without colons and leading zeros. */
function normalSerial(serial: string): string {
  return serial.replaceAll(':', '').toLowerCase().replace(/^0+/, '');
}
