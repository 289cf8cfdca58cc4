/**
 * The fate of a transaction, asked for by its ID alone: also by a client that did not submit it.
 *
 * @module
 */
import type { Commit, Gateway } from '@hyperledger/fabric-gateway';
import { gateway as protos, msp } from '@hyperledger/fabric-protos';

/** A commit to ask about, made from a transaction ID. The gateway's identity signs the question. */
export function commitOf(gateway: Gateway, channel: string, transactionId: string): Commit {
  const { mspId, credentials } = gateway.getIdentity();
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(credentials);
  const request = new protos.CommitStatusRequest();
  request.setChannelId(channel);
  request.setTransactionId(transactionId);
  request.setIdentity(identity.serializeBinary());
  const signed = new protos.SignedCommitStatusRequest();
  signed.setRequest(request.serializeBinary());
  return gateway.newCommit(signed.serializeBinary());
}
