/**
 * What a block of Fabric says, and whether it is consistent: hashes, and every signature in it.
 *
 * @module
 */
import { createHash, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { common, msp, peer } from '@hyperledger/fabric-protos';

/** Of a transaction that counts. */
const VALID = 0;
const DER_INTEGER = 0x02;
const DER_OCTETS = 0x04;
const DER_SEQUENCE = 0x30;
/** A length of 128 bytes or more takes more than one byte in DER; a header is never as long. */
const SHORT_LENGTH = 0x80;

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

function der(tag: number, content: Uint8Array): Buffer {
  if (content.length >= SHORT_LENGTH) throw new RangeError('a header field is too long');
  return Buffer.concat([Buffer.of(tag, content.length), content]);
}

function derUnsigned(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const isNegative = (bytes[0] ?? 0) >= SHORT_LENGTH;
  return der(DER_INTEGER, isNegative ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

/** Hash of a block: SHA-256 over number, previous hash and data hash in ASN.1 DER. */
export function blockHash(header: common.BlockHeader): Buffer {
  const fields = [
    derUnsigned(header.getNumber()),
    der(DER_OCTETS, header.getPreviousHash_asU8()),
    der(DER_OCTETS, header.getDataHash_asU8()),
  ];
  return sha256(der(DER_SEQUENCE, Buffer.concat(fields)));
}

/** Hash of a block's transactions, as its header must have it. */
export function dataHash(block: common.Block): Buffer {
  return sha256(...(block.getData()?.getDataList_asU8() ?? []));
}

/** How the peer judged each transaction of its block. */
export function validationCodes(block: common.Block): Buffer {
  const metadata = block.getMetadata()?.getMetadataList_asU8() ?? [];
  return Buffer.from(metadata[common.BlockMetadataIndex.TRANSACTIONS_FILTER] ?? []);
}

/** Who may sign in a channel: the certificates that its configuration names for each MSP. */
export class Signers {
  #issuers = new Map<string, readonly X509Certificate[]>();
  readonly #keys = new Map<string, KeyObject>();

  /** Goes by a newer configuration from now on. */
  configure(config: common.Config): void {
    this.#issuers = new Map();
    this.#keys.clear();
    const groups = config.getChannelGroup()?.getGroupsMap();
    for (const name of ['Orderer', 'Application']) {
      const members = groups?.get(name)?.getGroupsMap();
      members?.forEach((member: common.ConfigGroup) => {
        const value = member.getValuesMap().get('MSP')?.getValue_asU8();
        if (value !== undefined) this.#add(value);
      });
    }
  }

  /** The public key of an identity whose certificate one of its MSP's CAs issued; else `null`. */
  keyOf(identity: Uint8Array): KeyObject | null {
    const name = Buffer.from(identity).toString('base64');
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const { mspid, idBytes } = msp.SerializedIdentity.deserializeBinary(identity).toObject();
    const certificate = new X509Certificate(Buffer.from(String(idBytes), 'base64'));
    const issuers = this.#issuers.get(mspid) ?? [];
    const isIssued = issuers.some(
      (issuer) => certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey),
    );
    if (!isIssued) return null;
    this.#keys.set(name, certificate.publicKey);
    return certificate.publicKey;
  }

  #add(value: Uint8Array): void {
    const config = msp.MSPConfig.deserializeBinary(value).getConfig_asU8();
    const fabric = msp.FabricMSPConfig.deserializeBinary(config);
    const pems = [...fabric.getRootCertsList_asU8(), ...fabric.getIntermediateCertsList_asU8()];
    this.#issuers.set(
      fabric.getName(),
      pems.map((pem) => new X509Certificate(Buffer.from(pem))),
    );
  }
}

/**
 * What is wrong in a block, or `null`; takes a new channel configuration in it over into `signers`.
 * The hashes of the block are not looked at here.
 */
export function problemInBlock(block: common.Block, signers: Signers): string | null {
  const codes = validationCodes(block);
  const envelopes = block.getData()?.getDataList_asU8() ?? [];
  const isFirst = block.getHeader()?.getNumber() === 0;
  for (const [position, bytes] of envelopes.entries()) {
    const problem = problemInEnvelope(bytes, signers, isFirst, codes[position] === VALID);
    if (problem !== null) return `transaction ${position}: ${problem}`;
  }
  return null;
}

/** How many transactions of a contract a block has, those too that do not count. */
export function transactionsIn(block: common.Block): number {
  const envelopes = block.getData()?.getDataList_asU8() ?? [];
  return envelopes.filter((bytes) => {
    const { channel } = open(common.Envelope.deserializeBinary(bytes));
    return channel.getType() === common.HeaderType.ENDORSER_TRANSACTION;
  }).length;
}

interface Opened {
  readonly channel: common.ChannelHeader;
  readonly creator: common.SignatureHeader;
  readonly data: Uint8Array;
}

function open(envelope: common.Envelope): Opened {
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const header = payload.getHeader();
  return {
    channel: common.ChannelHeader.deserializeBinary(header?.getChannelHeader_asU8() ?? EMPTY),
    creator: common.SignatureHeader.deserializeBinary(header?.getSignatureHeader_asU8() ?? EMPTY),
    data: payload.getData_asU8(),
  };
}
const EMPTY = new Uint8Array();

function problemInEnvelope(
  bytes: Uint8Array,
  signers: Signers,
  isFirst: boolean,
  counts: boolean,
): string | null {
  const envelope = common.Envelope.deserializeBinary(bytes);
  const { channel, creator, data } = open(envelope);
  const isConfig = channel.getType() === common.HeaderType.CONFIG;
  if (isConfig) configure(data, signers);
  // Nobody signs the first configuration: all that join agree on its hash.
  if (isFirst) return null;
  // One that was refused for its signature stands in its block all the same.
  if (!counts) return null;
  const key = signers.keyOf(creator.getCreator_asU8());
  if (key === null) return 'no CA of its MSP issued the certificate of its creator';
  if (!verify('sha256', envelope.getPayload_asU8(), key, envelope.getSignature_asU8())) {
    return 'the signature of its creator does not fit';
  }
  return isConfig ? null : problemInTransaction(channel, creator, data, signers);
}

function configure(data: Uint8Array, signers: Signers): void {
  const config = common.ConfigEnvelope.deserializeBinary(data).getConfig();
  if (config !== undefined) signers.configure(config);
}

function problemInTransaction(
  channel: common.ChannelHeader,
  creator: common.SignatureHeader,
  data: Uint8Array,
  signers: Signers,
): string | null {
  const id = sha256(creator.getNonce_asU8(), creator.getCreator_asU8()).toString('hex');
  if (id !== channel.getTxId()) return 'its ID is not that of its creator and nonce';
  const transaction = peer.Transaction.deserializeBinary(data);
  for (const action of transaction.getActionsList()) {
    const payload = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8());
    const problem = problemInEndorsements(payload.getAction(), signers);
    if (problem !== null) return problem;
  }
  return null;
}

function problemInEndorsements(
  action: peer.ChaincodeEndorsedAction | undefined,
  signers: Signers,
): string | null {
  const endorsements = action?.getEndorsementsList() ?? [];
  if (action === undefined || endorsements.length === 0) return 'nobody endorsed it';
  for (const endorsement of endorsements) {
    const endorser = endorsement.getEndorser_asU8();
    const key = signers.keyOf(endorser);
    const signed = Buffer.concat([action.getProposalResponsePayload_asU8(), endorser]);
    if (key === null) return 'no CA of its MSP issued the certificate of an endorser';
    if (!verify('sha256', signed, key, endorsement.getSignature_asU8())) {
      return 'the signature of an endorser does not fit';
    }
  }
  return null;
}
