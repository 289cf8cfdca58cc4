/**
 * One transaction of several that were endorsed apart from each other, from the same proposal.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import { common, gateway as protos, peer } from '@hyperledger/fabric-protos';

/** A message in another one, which decoding leaves out where it is empty. */
function present<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw new EmrError('LEDGER_REJECTED', { problem: 'a gateway gave an empty transaction' });
}

/** The messages around the endorsements of a prepared transaction, outermost first. */
interface Opened {
  readonly prepared: protos.PreparedTransaction;
  readonly envelope: common.Envelope;
  readonly payload: common.Payload;
  readonly transaction: peer.Transaction;
  readonly action: peer.TransactionAction;
  readonly content: peer.ChaincodeActionPayload;
  readonly endorsed: peer.ChaincodeEndorsedAction;
}

function open(bytes: Uint8Array): Opened {
  const prepared = protos.PreparedTransaction.deserializeBinary(bytes);
  const envelope = present(prepared.getEnvelope());
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const transaction = peer.Transaction.deserializeBinary(payload.getData_asU8());
  const action = present(transaction.getActionsList()[0]);
  const content = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8());
  const endorsed = present(content.getAction());
  return { prepared, envelope, payload, transaction, action, content, endorsed };
}

/**
 * The first of some prepared transactions with the endorsements of all of them, to be signed.
 *
 * @param prepared - as gateways serialize them; at least one, of one proposal
 * @param organizations - who has endorsed, to name them where they differ
 * @throws EmrError `ENDORSEMENT_MISMATCH` where two have not simulated the same
 */
export function mergedEndorsements(
  prepared: readonly Uint8Array[],
  organizations: string,
): Uint8Array {
  const [first, ...others] = prepared.map(open);
  const {
    endorsed,
    content,
    action,
    transaction,
    payload,
    envelope,
    prepared: whole,
  } = present(first);
  const result = endorsed.getProposalResponsePayload_asB64();
  for (const other of others) {
    if (other.endorsed.getProposalResponsePayload_asB64() !== result) {
      throw new EmrError('ENDORSEMENT_MISMATCH', { organizations });
    }
    for (const one of other.endorsed.getEndorsementsList()) endorsed.addEndorsements(one);
  }
  content.setAction(endorsed);
  action.setPayload(content.serializeBinary());
  transaction.setActionsList([action]);
  payload.setData(transaction.serializeBinary());
  envelope.setPayload(payload.serializeBinary());
  envelope.setSignature('');
  whole.setEnvelope(envelope);
  return whole.serializeBinary();
}
