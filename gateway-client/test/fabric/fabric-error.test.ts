import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { EndorseError, GatewayError, type ErrorDetail } from '@hyperledger/fabric-gateway';
import { encodeWireError, EmrError } from '@emr-share/model';
import { fromFabricError } from '../../src/fabric/fabric-error.js';

const cause: ServiceError = Object.assign(new Error('cause'), {
  code: status.UNKNOWN,
  details: '',
  metadata: new Metadata(),
});

function endorser(message: string, mspId = 'HospAMSP', address = 'peer0.hospa:7051'): ErrorDetail {
  return { address, message, mspId };
}

/** As the gateway library makes them; messages are those of a running Fabric 3.1.5. */
function gatewayError(code: number, message: string, details: ErrorDetail[] = []): GatewayError {
  return new GatewayError({ code, message, details, cause });
}

function endorseError(details: ErrorDetail[]): EndorseError {
  const message = '10 ABORTED: failed to endorse transaction, see attached details for more info';
  return new EndorseError({ code: status.ABORTED, message, details, cause, transactionId: 'ab' });
}

const refusal = new EmrError('GRANT_REVOKED', { grantId: 'ab'.repeat(16), revokedAt: 1 });

const REFUSED_CONNECTION =
  'error in simulation: failed to execute transaction 1f: could not launch chaincode emr:9c: ' +
  'connection to emr:9c failed: error cannot create connection for emr:9c: error creating grpc ' +
  'connection to 127.0.0.1:9991: failed to create new connection: connection error: desc = ' +
  '"transport: error while dialing: dial tcp 127.0.0.1:9991: connect: connection refused"';

describe('an error of the gateway', () => {
  it("is the contract's own when a query fails", () => {
    const words = `chaincode response 500, ${encodeWireError(refusal)}`;
    const error = gatewayError(
      status.UNKNOWN,
      `2 UNKNOWN: evaluate call to endorser returned error: ${words}`,
      [endorser(words)],
    );
    expect(fromFabricError(error)).toMatchObject({
      code: 'GRANT_REVOKED',
      details: refusal.details,
      cause: error,
    });
  });

  it("is the contract's own when any endorser gave it", () => {
    const words = `chaincode response 500, ${encodeWireError(refusal)}`;
    const error = endorseError([endorser(REFUSED_CONNECTION), endorser(words, 'HospBMSP')]);
    expect(fromFabricError(error)).toMatchObject({ code: 'GRANT_REVOKED' });
  });

  it('is LEDGER_UNAVAILABLE when the peer has as many calls under way as it takes', () => {
    const words =
      '8 RESOURCE_EXHAUSTED: too many requests for /gateway.Gateway, exceeding concurrency limit (500)';
    const error = gatewayError(status.RESOURCE_EXHAUSTED, words);
    expect(fromFabricError(error)).toMatchObject({ code: 'LEDGER_UNAVAILABLE', cause: error });
  });

  it('is LEDGER_UNAVAILABLE when no endorser reached its contract', () => {
    const error = endorseError([endorser(REFUSED_CONNECTION), endorser(REFUSED_CONNECTION, 'B')]);
    expect(fromFabricError(error)).toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      details: { endpoint: 'HospAMSP peer0.hospa:7051, B peer0.hospa:7051' },
      cause: error,
    });
  });

  it.each([
    ['no connection', status.UNAVAILABLE, '14 UNAVAILABLE: No connection established'],
    ['no answer in time', status.DEADLINE_EXCEEDED, '4 DEADLINE_EXCEEDED: Deadline exceeded'],
    ['a gateway that stops', status.CANCELLED, '1 CANCELLED: Call cancelled'],
    [
      'no peer to ask',
      status.FAILED_PRECONDITION,
      '9 FAILED_PRECONDITION: no peers available to evaluate chaincode emr in channel emr',
    ],
    [
      'no set of peers that would do',
      status.FAILED_PRECONDITION,
      '9 FAILED_PRECONDITION: no combination of peers can be derived which satisfy the endorsement policy',
    ],
  ])('is LEDGER_UNAVAILABLE for %s', (_, code, message) => {
    expect(fromFabricError(gatewayError(code, message))).toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
    });
  });

  it('is LEDGER_REJECTED with the words of every endorser when one of them refused', () => {
    const words =
      'error in simulation: failed to distribute private collection, txID 1f, channel emr: could ' +
      'not build private data dissemination plan for chaincode emr and collection ' +
      '_implicit_org_HospAMSP: required to disseminate to at least 1 peers, but know of only 0 ' +
      'eligible peers';
    const error = endorseError([endorser(words), endorser(REFUSED_CONNECTION, 'HospBMSP', 'b:1')]);
    expect(fromFabricError(error)).toMatchObject({
      code: 'LEDGER_REJECTED',
      details: {
        problem: `HospAMSP peer0.hospa:7051: ${words}; HospBMSP b:1: ${REFUSED_CONNECTION}`,
      },
    });
  });

  it.each([
    '9 FAILED_PRECONDITION: requires endorsement from organisation(s) that are not in the distribution policy of the private data collection(s): [_implicit_org_HospAMSP]; retry specifying trusted endorsing organizations to protect transient data',
    "2 UNKNOWN: chaincode response 500, You've asked to invoke a function that does not exist: nosuch",
  ])('is LEDGER_REJECTED for: %s', (message) => {
    const error = gatewayError(Number(message.slice(0, 1)), message);
    expect(fromFabricError(error)).toMatchObject({
      code: 'LEDGER_REJECTED',
      details: { problem: message },
    });
  });

  it.each([
    ['7 PERMISSION_DENIED: access denied', []],
    [
      '10 ABORTED: failed to endorse transaction, see attached details for more info',
      [endorser('access denied: channel [emr] creator org [HospAMSP]')],
    ],
  ])('is CERTIFICATE_REFUSED for: %s', (message, details) => {
    const error = gatewayError(Number.parseInt(message, 10), message, details);
    expect(fromFabricError(error)).toMatchObject({ code: 'CERTIFICATE_REFUSED' });
  });

  it('is ENDORSEMENT_MISMATCH, without what the endorsers computed', () => {
    const words = 'ProposalResponsePayloads do not match (base64): c2VjcmV0 vs b3RoZXI=';
    const error = endorseError([endorser(words), endorser(words, 'HospBMSP')]);
    const ours = fromFabricError(error);
    expect(ours).toMatchObject({
      code: 'ENDORSEMENT_MISMATCH',
      details: { organizations: 'HospAMSP, HospBMSP' },
    });
    expect(JSON.stringify(ours)).not.toContain('c2VjcmV0');
  });

  it('is left alone when it is none of the gateway', () => {
    const own = new Error('the card was pulled out');
    expect(fromFabricError(own)).toBe(own);
  });
});
