/**
 * The one place that knows how Fabric words its errors.
 *
 * @module
 */
import { status } from '@grpc/grpc-js';
import { GatewayError } from '@hyperledger/fabric-gateway';
import { decodeWireError, EmrError } from '@emr-share/model';

/** A peer that is stopped cancels the calls to it; one with too many of them refuses more. */
const NOT_ANSWERED: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.RESOURCE_EXHAUSTED,
]);
/** What a peer says that reaches neither the contract service of its organization nor another peer. */
const NOT_REACHED =
  /connection error|connection refused|could not launch chaincode|no peers available|no combination of peers/;
/** A peer to a caller that is no member of the channel, or not any more: it does not say why. */
const REFUSED: ReadonlySet<number> = new Set([status.PERMISSION_DENIED]);
const NOT_ADMITTED = 'access denied: channel';
const MISMATCH = /payloads do not match/i;

/**
 * An error of the gateway as ours, with the original as its cause: the contract's own error where an
 * endorser gave it, `ENDORSEMENT_MISMATCH`, `CERTIFICATE_REFUSED` where the caller is not let in,
 * `LEDGER_UNAVAILABLE` where all that were asked could not be reached, `LEDGER_REJECTED` with the words
 * of every endorser otherwise. Anything else, such as a signer's own failure, is given back as it is.
 */
export function fromFabricError(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  return contractError(error) ?? mismatch(error) ?? failure(error);
}

function contractError(error: GatewayError): EmrError | null {
  for (const text of [...error.details.map(({ message }) => message), error.message]) {
    const decoded = decodeWireError(text, error);
    if (decoded !== null) return decoded;
  }
  return null;
}

/** Without the words of the endorsers: they contain what each computed. */
function mismatch(error: GatewayError): EmrError | null {
  if (!wordsOf(error).some((text) => MISMATCH.test(text))) return null;
  const organizations = [...new Set(error.details.map(({ mspId }) => mspId))].join(', ');
  return new EmrError('ENDORSEMENT_MISMATCH', { organizations }, { cause: error });
}

function failure(error: GatewayError): EmrError {
  const isUnreachable =
    NOT_ANSWERED.has(error.code) || wordsOf(error).every((text) => NOT_REACHED.test(text));
  if (isNotAdmitted(error)) {
    return new EmrError('CERTIFICATE_REFUSED', { problem: problemOf(error) }, { cause: error });
  }
  return isUnreachable
    ? new EmrError('LEDGER_UNAVAILABLE', { endpoint: endpointsOf(error) }, { cause: error })
    : new EmrError('LEDGER_REJECTED', { problem: problemOf(error) }, { cause: error });
}

function isNotAdmitted(error: GatewayError): boolean {
  return REFUSED.has(error.code) || wordsOf(error).some((text) => text.includes(NOT_ADMITTED));
}

/** The gateway's own words only say "see attached details" where there are some. */
function wordsOf({ details, message }: GatewayError): string[] {
  return details.length === 0 ? [message] : details.map((detail) => detail.message);
}

function endpointsOf({ details }: GatewayError): string {
  if (details.length === 0) return 'the gateway peer';
  return details.map(({ mspId, address }) => `${mspId} ${address}`).join(', ');
}

function problemOf({ details, message }: GatewayError): string {
  if (details.length === 0) return message;
  return details
    .map(({ mspId, address, message: words }) => `${mspId} ${address}: ${words}`)
    .join('; ');
}
