/**
 * What every call must pass before its transaction runs. See docs/protocol.md §6.2.
 *
 * @module
 */
import {
  ATTRIBUTES,
  Caller,
  EmrError,
  validate,
  type TransactionName,
  type UnixMillis,
} from '@emr-share/model';
import { assertWithinSkew } from './clock-skew.js';
import type { ContractService } from './contract-service.js';
import type { ClientIdentity, Context } from './fabric.js';
import type { Invocation } from './invocation.js';
import { userKey } from './ledger-keys.js';
import { SealedStore } from './sealed-store.js';
import { WorldState } from './world-state.js';

/** What a certificate alone is enough for: registering, and what one must know to register. */
const WITHOUT_REGISTRATION: ReadonlySet<TransactionName> = new Set<TransactionName>([
  'registry:RegisterUser',
  'registry:GetUser',
  'registry:ListCustodians',
  'registry:GetCustodianKey',
]);

/**
 * Admits a call: the certificate names a user, the timestamp is near the service's clock, and the
 * user is registered, active, and still what the certificate says.
 *
 * @throws EmrError `CALLER_MISMATCH`, `TIMESTAMP_SKEW`, `CALLER_UNREGISTERED`, `CALLER_SUSPENDED`.
 */
export async function admit(
  { stub, clientIdentity }: Context,
  service: ContractService,
  name: TransactionName,
): Promise<Invocation> {
  const caller = callerOf(clientIdentity);
  const now = transactionTime(stub.getTxTimestamp());
  assertWithinSkew(now, service.clock.now());
  const state = new WorldState(stub);
  if (!WITHOUT_REGISTRATION.has(name)) await assertRegistered(state, caller);
  return {
    caller,
    now,
    transactionId: stub.getTxID(),
    state,
    sealed: new SealedStore(stub),
    transient: stub.getTransient(),
    service,
    emit: (event, payload) => {
      stub.setEvent(event, payload);
    },
  };
}

function callerOf(identity: ClientIdentity): Caller {
  const department = identity.getAttributeValue(ATTRIBUTES.department);
  const claimed = {
    mspId: identity.getMSPID(),
    userId: identity.getAttributeValue(ATTRIBUTES.userId),
    role: identity.getAttributeValue(ATTRIBUTES.role),
    ...(department === null ? {} : { department }),
  };
  try {
    return validate(Caller, claimed, 'certificate');
  } catch (cause) {
    if (!EmrError.is(cause, 'INPUT_INVALID')) throw cause;
    const { problem } = cause.details;
    throw new EmrError('CALLER_MISMATCH', { userId: 'the caller', problem }, { cause });
  }
}

function transactionTime({
  seconds,
  nanos,
}: ReturnType<Context['stub']['getTxTimestamp']>): UnixMillis {
  return seconds.toNumber() * 1000 + Math.floor(nanos / 1_000_000);
}

async function assertRegistered(state: WorldState, caller: Caller): Promise<void> {
  const { userId } = caller;
  const user = await state.get(userKey(userId));
  if (user === null) throw new EmrError('CALLER_UNREGISTERED', { userId });
  if (user.mspId !== caller.mspId) {
    throw new EmrError('CALLER_MISMATCH', {
      userId,
      problem: 'registered by another organization',
    });
  }
  if (user.role !== caller.role) {
    throw new EmrError('CALLER_MISMATCH', { userId, problem: 'registered with another role' });
  }
  if (user.status === 'suspended') throw new EmrError('CALLER_SUSPENDED', { userId });
}
