import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { gateway as protos } from '@hyperledger/fabric-protos';
import { encodeWireError, EmrError } from '@emr-share/model';
import type { Identity } from '@emr-share/gateway-client';
import { FabricLedger, type FabricLedgerOptions } from '@emr-share/gateway-client/fabric';
import {
  committed,
  deadEndpoint,
  endorsed,
  evaluated,
  FakeGateway,
  type Behaviour,
  type TlsFiles,
} from './fake-gateway.js';
import { identity, tlsFiles } from './identities.js';

const CUSTODIANS = { custodians: [] };
const GRANT = { grantId: 'ab'.repeat(16), mspId: 'HospAMSP' };
const PURGED = { ...GRANT, purged: [] };
const OWN = { organizations: ['HospAMSP'] };
/** Long enough for a busy machine, and short enough to wait for where nobody answers. */
const DEADLINES = {
  connectMs: 1_000,
  evaluateMs: 2_000,
  endorseMs: 2_000,
  submitMs: 2_000,
  commitStatusMs: 1_000,
  unavailableMs: 1_500,
};

function failing(code: number, message: string): () => never {
  return () => {
    throw Object.assign(new Error(message), { code, details: message });
  };
}

describe('the Fabric ledger', () => {
  let tls: TlsFiles;
  let caller: Identity;
  const stop: (() => void)[] = [];

  beforeAll(async () => {
    tls = await tlsFiles();
    caller = await identity({ 'emr.user': 'dr.meier', role: 'physician' });
  });
  afterEach(() => {
    for (const one of stop.splice(0).reverse()) one();
  });

  async function gateway(behaviour: Behaviour): Promise<FakeGateway> {
    const one = await FakeGateway.start(tls, behaviour);
    stop.push(() => {
      one.stop();
    });
    return one;
  }

  function ledgerAt(
    gateways: FabricLedgerOptions['gateways'],
    options: Partial<FabricLedgerOptions> = {},
  ): FabricLedger {
    const ledger = new FabricLedger({
      identity: caller,
      gateways,
      deadlines: DEADLINES,
      ...options,
    });
    stop.push(() => {
      ledger.close();
    });
    return ledger;
  }

  const purge = (ledger: FabricLedger, signal?: AbortSignal) =>
    ledger.submit('grants:PurgeFragments', GRANT, { ...OWN, signal });
  const list = (ledger: FabricLedger) => ledger.evaluate('registry:ListCustodians', {});

  it('is its caller’s', async () => {
    const ledger = ledgerAt([await deadEndpoint(tls)]);
    expect(ledger.userId).toBe('dr.meier');
    expect(ledger.mspId).toBe('HospAMSP');
  });

  it('refuses a certificate without a user, and an empty list of gateways', async () => {
    const nobody = await identity({ role: 'physician' });
    const gateways = [await deadEndpoint(tls)];
    const invalid = expect.objectContaining({ code: 'INPUT_INVALID' });
    expect(() => ledgerAt(gateways, { identity: nobody })).toThrow(invalid);
    expect(() => ledgerAt([])).toThrow(invalid);
  });

  it('takes the next gateway where one refuses connections', async () => {
    const alive = await gateway({ evaluate: () => evaluated(CUSTODIANS) });
    const ledger = ledgerAt([await deadEndpoint(tls), alive.endpoint]);
    expect(await list(ledger)).toEqual(CUSTODIANS);
    expect(await list(ledger)).toEqual(CUSTODIANS);
  });

  it('takes the next gateway where one hangs', async () => {
    const hanging = await gateway({});
    const alive = await gateway({ evaluate: () => evaluated(CUSTODIANS) });
    expect(await list(ledgerAt([hanging.endpoint, alive.endpoint]))).toEqual(CUSTODIANS);
  });

  describe('where what the endorsers computed does not agree', () => {
    const disagreeing = failing(status.ABORTED, 'ProposalResponsePayloads do not match');
    const agreeing = {
      endorse: () => endorsed(PURGED),
      submit: accepted,
      commitStatus: () => committed(StatusCode.VALID),
    };

    it('asks the next gateway, and stays with it', async () => {
      let asked = 0;
      const liars = await gateway({
        endorse: () => {
          asked += 1;
          return disagreeing();
        },
      });
      const honest = await gateway(agreeing);
      const ledger = ledgerAt([liars.endpoint, honest.endpoint]);
      expect((await purge(ledger)).response).toEqual(PURGED);
      expect((await purge(ledger)).response).toEqual(PURGED);
      expect(asked).toBe(1);
    });

    it('says ENDORSEMENT_MISMATCH once each gateway has said so', async () => {
      let asked = 0;
      const endorse = () => {
        asked += 1;
        return disagreeing();
      };
      const both = [await gateway({ endorse }), await gateway({ endorse })];
      const ledger = ledgerAt(both.map(({ endpoint }) => endpoint));
      await expect(purge(ledger)).rejects.toMatchObject({ code: 'ENDORSEMENT_MISMATCH' });
      expect(asked).toBe(2);
    });
  });

  it('says LEDGER_UNAVAILABLE in bounded time where nobody answers', async () => {
    const endpoint = await deadEndpoint(tls);
    await expect(list(ledgerAt([endpoint]))).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      details: { endpoint: endpoint.address },
    });
  });

  it("does not repeat what the contract refuses, and gives the contract's error", async () => {
    let asked = 0;
    const refusal = new EmrError('USER_NOT_FOUND', { userId: 'p.1' });
    const one = await gateway({
      evaluate: () => {
        asked += 1;
        return failing(
          status.UNKNOWN,
          `evaluate call to endorser returned error: chaincode response 500, ${encodeWireError(refusal)}`,
        )();
      },
    });
    await expect(list(ledgerAt([one.endpoint]))).rejects.toMatchObject({
      code: 'USER_NOT_FOUND',
      details: { userId: 'p.1' },
    });
    expect(asked).toBe(1);
  });

  it('wants exactly one organization where one endorses', async () => {
    const ledger = ledgerAt([await deadEndpoint(tls)]);
    const invalid = { code: 'INPUT_INVALID' };
    await expect(ledger.submit('grants:PurgeFragments', GRANT)).rejects.toMatchObject(invalid);
    await expect(ledger.evaluate('registry:GetCustodianKey', {})).rejects.toMatchObject(invalid);
    const two = { organizations: ['HospAMSP', 'HospBMSP'] };
    await expect(ledger.submit('grants:PurgeFragments', GRANT, two)).rejects.toMatchObject(invalid);
  });

  it('answers with the result of what was committed', async () => {
    const asked: string[][] = [];
    const one = await gateway({
      endorse: (request) => {
        asked.push(request.getEndorsingOrganizationsList());
        return endorsed(PURGED);
      },
      submit: accepted,
      commitStatus: () => committed(StatusCode.VALID, 12),
    });
    const result = await purge(ledgerAt([one.endpoint]));
    expect(result).toEqual({
      transactionId: expect.stringMatching(/^[0-9a-f]{64}$/),
      blockNumber: 12,
      response: PURGED,
    });
    expect(asked).toEqual([['HospAMSP']]);
  });

  it.each(['MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT'] as const)(
    'makes a new proposal after %s',
    async (code) => {
      const ids: string[] = [];
      const codes = [StatusCode[code], StatusCode[code], StatusCode.VALID];
      const one = await gateway({
        endorse: (request) => {
          ids.push(request.getTransactionId());
          return endorsed(PURGED);
        },
        submit: accepted,
        commitStatus: () => committed(codes.shift() ?? StatusCode.VALID),
      });
      const { transactionId } = await purge(ledgerAt([one.endpoint]));
      expect(ids).toHaveLength(3);
      expect(new Set(ids).size).toBe(3);
      expect(transactionId).toBe(ids[2]);
    },
  );

  it('says LEDGER_REJECTED, once, for a transaction that is found invalid', async () => {
    let endorsements = 0;
    const one = await gateway({
      endorse: () => {
        endorsements += 1;
        return endorsed(PURGED);
      },
      submit: accepted,
      commitStatus: () => committed(StatusCode.ENDORSEMENT_POLICY_FAILURE),
    });
    await expect(purge(ledgerAt([one.endpoint]))).rejects.toMatchObject({
      code: 'LEDGER_REJECTED',
      details: { problem: expect.stringContaining('ENDORSEMENT_POLICY_FAILURE') },
    });
    expect(endorsements).toBe(1);
  });

  it.each([
    '14 UNAVAILABLE: insufficient number of orderers could successfully process transaction to satisfy quorum requirement',
    'received unsuccessful response from orderer: status=SERVICE_UNAVAILABLE, info=failed to submit request: request already processed',
  ])('asks for the fate of a transaction after: %s', async (words) => {
    const calls: string[] = [];
    const one = await gateway({
      endorse: () => {
        calls.push('endorse');
        return endorsed(PURGED);
      },
      submit: () => {
        calls.push('submit');
        return failing(status.UNAVAILABLE, words)();
      },
      commitStatus: () => {
        calls.push('status');
        return committed(StatusCode.VALID);
      },
    });
    expect(await purge(ledgerAt([one.endpoint]))).toMatchObject({ response: PURGED });
    expect(calls).toEqual(['endorse', 'submit', 'status']);
  });

  it('asks another gateway when the one that submitted is gone', async () => {
    const first = await gateway({
      endorse: () => endorsed(PURGED),
      submit: accepted,
      commitStatus: () => {
        first.stop();
        return new Promise(() => undefined);
      },
    });
    const second = await gateway({ commitStatus: () => committed(StatusCode.VALID, 9) });
    const result = await purge(ledgerAt([first.endpoint, second.endpoint]));
    expect(result).toMatchObject({ blockNumber: 9, response: PURGED });
  });

  it('asks another gateway when one does not tell', async () => {
    const first = await gateway({ endorse: () => endorsed(PURGED), submit: accepted });
    const second = await gateway({ commitStatus: () => committed(StatusCode.VALID, 9) });
    const result = await purge(ledgerAt([first.endpoint, second.endpoint]));
    expect(result).toMatchObject({ blockNumber: 9, response: PURGED });
  });

  it('says COMMIT_UNKNOWN after the deadline, and has submitted once', async () => {
    let submitted = '';
    let submits = 0;
    const one = await gateway({
      endorse: () => endorsed(PURGED),
      submit: (request) => {
        submits += 1;
        submitted = request.getTransactionId();
        return accepted();
      },
    });
    await expect(purge(ledgerAt([one.endpoint]))).rejects.toMatchObject({
      code: 'COMMIT_UNKNOWN',
      details: { transactionId: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(submits).toBe(1);
    expect(submitted).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has no more transactions under way than allowed', async () => {
    let underWay = 0;
    let most = 0;
    const one = await gateway({
      endorse: async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await delay(20);
        return endorsed(PURGED);
      },
      submit: accepted,
      commitStatus: async () => {
        await delay(20);
        underWay -= 1;
        return committed(StatusCode.VALID);
      },
    });
    const ledger = ledgerAt([one.endpoint], { maxInFlight: 3 });
    await Promise.all(Array.from({ length: 12 }, () => purge(ledger)));
    expect(most).toBe(3);
  });

  it('ends a call with the reason of an abort, at any phase', async () => {
    const one = await gateway({ endorse: () => endorsed(PURGED), submit: accepted });
    const ledger = ledgerAt([one.endpoint]);
    const reason = new Error('changed my mind');
    await expect(purge(ledger, AbortSignal.abort(reason))).rejects.toBe(reason);
    const abort = new AbortController();
    const call = purge(ledger, abort.signal);
    setTimeout(() => {
      abort.abort(reason);
    }, 100);
    await expect(call).rejects.toBe(reason);
  });

  it("gives the signer's own failure, before anything is sent", async () => {
    let asked = 0;
    const one = await gateway({
      endorse: () => {
        asked += 1;
        return endorsed(PURGED);
      },
    });
    const failure = new Error('the card was pulled out');
    const broken = await identity({ 'emr.user': 'dr.meier' }, () => Promise.reject(failure));
    await expect(purge(ledgerAt([one.endpoint], { identity: broken }))).rejects.toBe(failure);
    expect(asked).toBe(0);
  });
});

function accepted() {
  return new protos.SubmitResponse();
}
