import { status } from '@grpc/grpc-js';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { common, gateway as protos, peer } from '@hyperledger/fabric-protos';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Identity } from '@emr-share/gateway-client';
import { DirectLedger, type GrpcEndpoint } from '@emr-share/gateway-client/fabric';
import { encodeWireError, EmrError } from '@emr-share/model';
import {
  committed,
  deadEndpoint,
  endorsed,
  evaluated,
  FakeGateway,
  type Behaviour,
  type TlsFiles,
} from './fake-gateway.js';
import { FakeOrderer } from './fake-orderer.js';
import { identity, tlsFiles } from './identities.js';

const MSPS = ['HospAMSP', 'HospBMSP', 'HospCMSP'] as const;
const RULE = { graceMs: 1_000 };
const CUSTODIANS = { custodians: [] };

function contentOf(envelope: common.Envelope | undefined): {
  payload: common.Payload;
  transaction: peer.Transaction;
  content: peer.ChaincodeActionPayload;
} {
  const payload = common.Payload.deserializeBinary(envelope!.getPayload_asU8());
  const transaction = peer.Transaction.deserializeBinary(payload.getData_asU8());
  const [action] = transaction.getActionsList();
  const content = peer.ChaincodeActionPayload.deserializeBinary(action!.getPayload_asU8());
  return { payload, transaction, content };
}

/** A prepared transaction that one organization has endorsed. */
function endorsedBy(mspId: string, result: unknown): protos.EndorseResponse {
  const response = endorsed(result);
  const envelope = response.getPreparedTransaction()!;
  const { payload, transaction, content } = contentOf(envelope);
  const endorsement = new peer.Endorsement();
  endorsement.setEndorser(Buffer.from(mspId));
  content.getAction()!.addEndorsements(endorsement);
  transaction.getActionsList()[0]!.setPayload(content.serializeBinary());
  payload.setData(transaction.serializeBinary());
  envelope.setPayload(payload.serializeBinary());
  return response;
}

const unavailable = (): never => {
  throw Object.assign(new Error('gone'), { code: status.UNAVAILABLE, details: 'gone' });
};
const nextTurn = (): Promise<null> => new Promise((resolve) => setImmediate(resolve, null));
const never = (): Promise<never> => new Promise(() => undefined);

describe('the direct ledger', () => {
  let tls: TlsFiles;
  let caller: Identity;
  const stop: (() => void)[] = [];

  beforeAll(async () => {
    tls = await tlsFiles();
    caller = await identity({ 'emr.user': 'dr.far', role: 'emergency-physician' });
  });
  afterEach(() => {
    for (const one of stop.splice(0).reverse()) one();
  });

  /** A ledger over one gateway of each organization; the first is the caller's own. */
  async function ledgerOver(...behaviours: readonly Behaviour[]): Promise<DirectLedger> {
    return ledgerWith([], ...behaviours);
  }

  async function ledgerWith(
    orderers: readonly GrpcEndpoint[],
    ...behaviours: readonly Behaviour[]
  ): Promise<DirectLedger> {
    const gateways = [];
    for (const [i, behaviour] of behaviours.entries()) {
      const gateway = await FakeGateway.start(tls, behaviour);
      stop.push(() => {
        gateway.stop();
      });
      const mspId = MSPS[i]!;
      gateways.push({ ...gateway.endpoint, mspId, name: `peer0.${mspId}` });
    }
    const options = { channel: 'emr', chaincode: 'emr', endorsers: 2, orderers };
    const ledger = new DirectLedger({ identity: caller, gateways, ...options });
    stop.push(() => {
      ledger.close();
    });
    return ledger;
  }

  const publish = (ledger: DirectLedger): Promise<unknown> =>
    ledger.submit('emergency:PublishReviewRule', RULE);

  it('has each organization endorse at its own gateway, and submits all endorsements once', async () => {
    const asked = new Set<string>();
    const submitted: common.Envelope[] = [];
    const endorses = (mspId: string) => (request: protos.EndorseRequest) => {
      asked.add(`${mspId} for ${request.getEndorsingOrganizationsList().join()}`);
      return endorsedBy(mspId, RULE);
    };
    const ledger = await ledgerOver(
      {
        endorse: endorses('HospAMSP'),
        submit: (request) => {
          submitted.push(request.getPreparedTransaction()!);
          return new protos.SubmitResponse();
        },
        commitStatus: () => committed(StatusCode.VALID, 12),
      },
      { endorse: endorses('HospBMSP') },
    );
    expect(await publish(ledger)).toMatchObject({ blockNumber: 12, response: RULE });
    expect([...asked].sort()).toEqual(['HospAMSP for HospAMSP', 'HospBMSP for HospBMSP']);
    const [envelope] = submitted;
    const endorsements = contentOf(envelope).content.getAction()!.getEndorsementsList();
    const endorsers = endorsements.map((one) => Buffer.from(one.getEndorser_asU8()).toString());
    expect(endorsers.sort()).toEqual(['HospAMSP', 'HospBMSP']);
    expect(envelope!.getSignature_asU8()).not.toHaveLength(0);
  });

  it('waits for no more organizations than must endorse', async () => {
    const ledger = await ledgerOver(
      {
        endorse: () => endorsedBy('HospAMSP', RULE),
        submit: () => new protos.SubmitResponse(),
        commitStatus: () => committed(StatusCode.VALID),
      },
      { endorse: never },
      { endorse: () => endorsedBy('HospCMSP', RULE) },
    );
    expect(await publish(ledger)).toMatchObject({ response: RULE });
  });

  it('waits for the first line where the peer refuses the second one as the same transaction', async () => {
    const endorsesOnce = (mspId: string): (() => Promise<protos.EndorseResponse>) => {
      let questions = 0;
      let refused = (): void => undefined;
      const second = new Promise<void>((resolve) => (refused = resolve));
      return async () => {
        questions += 1;
        if (questions === 1) {
          await second;
          return endorsedBy(mspId, RULE);
        }
        setImmediate(refused);
        throw Object.assign(new Error('exists'), { code: status.ABORTED, details: 'exists' });
      };
    };
    const ledger = await ledgerOver(
      {
        endorse: endorsesOnce('HospAMSP'),
        submit: () => new protos.SubmitResponse(),
        commitStatus: () => committed(StatusCode.VALID),
      },
      { endorse: endorsesOnce('HospBMSP') },
    );
    expect(await publish(ledger)).toMatchObject({ response: RULE });
  });

  it('takes as many endorsements as it needs where more come in at once', async () => {
    const counts: number[] = [];
    const ledger = await ledgerOver(
      {
        endorse: () => endorsedBy('HospAMSP', RULE),
        submit: (request) => {
          const { content } = contentOf(request.getPreparedTransaction());
          counts.push(content.getAction()!.getEndorsementsList().length);
          return new protos.SubmitResponse();
        },
        commitStatus: () => committed(StatusCode.VALID),
      },
      { endorse: () => endorsedBy('HospBMSP', RULE) },
      { endorse: () => endorsedBy('HospCMSP', RULE) },
    );
    for (let i = 0; i < 5; i += 1) await publish(ledger);
    expect(new Set(counts)).toEqual(new Set([2]));
  });

  it('hands a transaction to all orderers and not to a gateway, where it knows them', async () => {
    const orderers = [await FakeOrderer.start(tls), await FakeOrderer.start(tls)];
    const gone = await deadEndpoint(tls);
    stop.push(() => {
      for (const orderer of orderers) orderer.stop();
    });
    let submitted = 0;
    const ledger = await ledgerWith(
      [...orderers.map(({ endpoint }) => endpoint), gone],
      {
        endorse: () => endorsedBy('HospAMSP', RULE),
        submit: () => {
          submitted += 1;
          return new protos.SubmitResponse();
        },
        commitStatus: async () => {
          await Promise.all(orderers.map(({ first }) => first));
          return committed(StatusCode.VALID, 5);
        },
      },
      { endorse: () => endorsedBy('HospBMSP', RULE) },
    );
    expect(await publish(ledger)).toMatchObject({ blockNumber: 5 });
    for (const { first } of orderers) {
      const envelope = await first;
      expect(contentOf(envelope).content.getAction()!.getEndorsementsList()).toHaveLength(2);
      expect(envelope.getSignature_asU8()).not.toHaveLength(0);
    }
    expect(submitted).toBe(0);
  });

  it('takes the word of whichever organization knows the fate', async () => {
    const ledger = await ledgerOver(
      { endorse: () => endorsedBy('HospAMSP', RULE), submit: () => new protos.SubmitResponse() },
      {
        endorse: () => endorsedBy('HospBMSP', RULE),
        commitStatus: () => committed(StatusCode.VALID, 9),
      },
    );
    expect(await publish(ledger)).toMatchObject({ blockNumber: 9 });
  });

  it('hands a transaction over again while its fate is not known', async () => {
    let submitted = 0;
    let handedOverAgain = (): void => undefined;
    const again = new Promise<void>((resolve) => (handedOverAgain = resolve));
    const ledger = await ledgerOver(
      {
        endorse: () => endorsedBy('HospAMSP', RULE),
        submit: () => {
          submitted += 1;
          if (submitted === 2) handedOverAgain();
          return new protos.SubmitResponse();
        },
        commitStatus: async () => {
          await again;
          return committed(StatusCode.VALID, 4);
        },
      },
      { endorse: () => endorsedBy('HospBMSP', RULE) },
    );
    expect(await publish(ledger)).toMatchObject({ blockNumber: 4 });
    expect(submitted).toBe(2);
  });

  it('asks again over a second connection while the first one is held up', async () => {
    let questions = 0;
    const ledger = await ledgerOver(
      {},
      { evaluate: () => (++questions === 1 ? never() : evaluated(CUSTODIANS)) },
    );
    const answer = ledger.evaluate('registry:ListCustodians', {}, { organizations: ['HospBMSP'] });
    expect(await answer).toEqual(CUSTODIANS);
  });

  it('says ENDORSEMENT_MISMATCH where two organizations have not computed the same', async () => {
    const ledger = await ledgerOver(
      { endorse: () => endorsedBy('HospAMSP', RULE) },
      { endorse: () => endorsedBy('HospBMSP', { graceMs: 2_000 }) },
    );
    await expect(publish(ledger)).rejects.toMatchObject({ code: 'ENDORSEMENT_MISMATCH' });
  });

  it("gives the contract's reason where too few endorse, whoever else does not answer", async () => {
    const refusal = encodeWireError(
      new EmrError('ROLE_DENIED', { role: 'physician', action: 'publish rules' }),
    );
    const refusing = (): never => {
      const message = `chaincode response 500, ${refusal}`;
      throw Object.assign(new Error(message), { code: status.ABORTED, details: message });
    };
    const ledger = await ledgerOver({ endorse: unavailable }, { endorse: refusing });
    await expect(publish(ledger)).rejects.toMatchObject({ code: 'ROLE_DENIED' });
  });

  it('says LEDGER_REJECTED for a transaction that is found invalid', async () => {
    const ledger = await ledgerOver(
      {
        endorse: () => endorsedBy('HospAMSP', RULE),
        submit: () => new protos.SubmitResponse(),
        commitStatus: () => committed(StatusCode.ENDORSEMENT_POLICY_FAILURE),
      },
      { endorse: () => endorsedBy('HospBMSP', RULE) },
    );
    await expect(publish(ledger)).rejects.toMatchObject({ code: 'LEDGER_REJECTED' });
  });

  it('counts the fate of a transaction, whatever the submitting answers', async () => {
    const ledger = await ledgerOver(
      {
        endorse: () => endorsedBy('HospAMSP', RULE),
        submit: unavailable,
        commitStatus: () => committed(StatusCode.VALID, 3),
      },
      { endorse: () => endorsedBy('HospBMSP', RULE) },
    );
    expect(await publish(ledger)).toMatchObject({ blockNumber: 3 });
  });

  it('asks the very organization that a question is for', async () => {
    const ledger = await ledgerOver(
      { evaluate: unavailable },
      { evaluate: () => evaluated(CUSTODIANS) },
    );
    const answer = ledger.evaluate('registry:ListCustodians', {}, { organizations: ['HospBMSP'] });
    expect(await answer).toEqual(CUSTODIANS);
  });

  it('waits no more for an organization that does not answer, until it answers again', async () => {
    let questions = 0;
    const ledger = await ledgerOver(
      {},
      { evaluate: () => (++questions <= 2 ? unavailable() : evaluated(CUSTODIANS)) },
    );
    const ask = (): Promise<unknown> =>
      ledger.evaluate('registry:ListCustodians', {}, { organizations: ['HospBMSP'] });
    const gone = { code: 'LEDGER_UNAVAILABLE' };
    await expect(ask()).rejects.toMatchObject(gone);
    await expect(ask()).rejects.toMatchObject(gone);
    const deadline = Date.now() + 10_000;
    let answer: unknown = null;
    while (answer === null && Date.now() < deadline) answer = await ask().catch(nextTurn);
    expect(answer).toEqual(CUSTODIANS);
  });
});
