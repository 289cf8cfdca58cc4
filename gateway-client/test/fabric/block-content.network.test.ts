/** Real blocks are found sound, and blocks that somebody altered are not. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { common, peer } from '@hyperledger/fabric-protos';
import type { FabricConsortium } from '@emr-share/cli/consortium';
import { readConnectionProfile } from '@emr-share/gateway-client/fabric';
import { connectionProfiles } from '@emr-share/network';
import { openSharedNetwork } from '../../../test/support/network.js';
import {
  blockHash,
  dataHash,
  problemInBlock,
  Signers,
  validationCodes,
} from '../../src/fabric/block-content.js';
import { PeerConnection } from '../../src/fabric/peer-connection.js';

const VALID = 0;

describe('a block of the real network', () => {
  let network: FabricConsortium;
  const signers = new Signers();
  let previous: common.Block;
  /** With a transaction of the contract that counts, first in it. */
  let block: common.Block;

  beforeAll(async () => {
    network = await openSharedNetwork();
    const [content] = Object.values(await connectionProfiles(network.dir));
    const { gateways, channel } = readConnectionProfile(JSON.stringify(content));
    const { identity } = await network.admin('HospAMSP');
    const connection = new PeerConnection(gateways[0]!, identity, channel);
    for await (const next of connection.blocks(0, new AbortController().signal)) {
      expect(problemInBlock(next, signers)).toBeNull();
      if (isOfContract(next)) {
        block = next;
        break;
      }
      previous = next;
    }
    connection[Symbol.dispose]();
  });
  afterAll(async () => {
    await network[Symbol.asyncDispose]();
  });

  const altered = (alter: (envelope: common.Envelope, payload: common.Payload) => void) => {
    const copy = common.Block.deserializeBinary(block.serializeBinary());
    const bytes = copy.getData()!.getDataList_asU8();
    const envelope = common.Envelope.deserializeBinary(bytes[0]!);
    const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
    alter(envelope, payload);
    copy.getData()!.setDataList([envelope.serializeBinary(), ...bytes.slice(1)]);
    return copy;
  };

  it('has the hashes that Fabric gave it', () => {
    const header = block.getHeader()!;
    expect(dataHash(block).equals(header.getDataHash_asU8())).toBe(true);
    expect(blockHash(previous.getHeader()!).equals(header.getPreviousHash_asU8())).toBe(true);
    const other = altered((envelope) => {
      envelope.setSignature(new Uint8Array(1));
    });
    expect(dataHash(other).equals(header.getDataHash_asU8())).toBe(false);
  });

  it('is refused with another signature of its creator', () => {
    const other = altered((envelope) => {
      const signature = envelope.getSignature_asU8().slice();
      signature[signature.length - 1]! ^= 1;
      envelope.setSignature(signature);
    });
    expect(problemInBlock(other, signers)).toBe(
      'transaction 0: the signature of its creator does not fit',
    );
  });

  it('is refused with another result than was signed', () => {
    const other = altered((envelope, payload) => {
      const transaction = peer.Transaction.deserializeBinary(payload.getData_asU8());
      transaction.setActionsList([]);
      payload.setData(transaction.serializeBinary());
      envelope.setPayload(payload.serializeBinary());
    });
    expect(problemInBlock(other, signers)).toMatch(/signature of its creator/);
  });

  it('is refused where the channel does not know who signed', () => {
    expect(problemInBlock(block, new Signers())).toMatch(/no CA of its MSP issued/);
  });
});

function isOfContract(block: common.Block): boolean {
  const [first] = block.getData()!.getDataList_asU8();
  const envelope = common.Envelope.deserializeBinary(first!);
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const header = common.ChannelHeader.deserializeBinary(
    payload.getHeader()!.getChannelHeader_asU8(),
  );
  const isTransaction = header.getType() === common.HeaderType.ENDORSER_TRANSACTION;
  return isTransaction && validationCodes(block)[0] === VALID;
}
