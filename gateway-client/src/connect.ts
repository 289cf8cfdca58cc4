/**
 * Connecting: one client for one enrolled user.
 *
 * @module
 */
import { systemRng, type Rng } from '@emr-share/crypto';
import { EmrError, type MspId, type UserId } from '@emr-share/model';
import { Access } from './access/access.js';
import { Audiences } from './audiences/audiences.js';
import { TicketDesk } from './audiences/ticket-desk.js';
import { Tickets } from './audiences/tickets.js';
import { Audit } from './audit.js';
import type { ClientContext, WarningListener } from './client-context.js';
import { systemClock, type Clock } from './clock.js';
import { Directory } from './directory.js';
import { Emergency } from './emergency/emergency.js';
import { Grants } from './grants/grants.js';
import { hasKeysOf, Identity } from './identity/identity.js';
import { firstKeys, type UserKeys } from './key-history.js';
import type { Keyring } from './keyring.js';
import { Keys } from './keys/keys.js';
import type { BlobStore } from './ports/blob-store.js';
import type { CallOptions, Ledger } from './ports/ledger.js';
import { Records } from './records/records.js';
import { Recovery } from './recovery/recovery.js';
import { find } from './settle.js';
import { Summaries } from './summary/summaries.js';

export interface ConnectOptions extends CallOptions {
  /** The ledger as the user's enrolled identity sees it. */
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  readonly keyring: Keyring;
  /**
   * The organizations of which more than half must agree on a user's keys. Default: those that have
   * published a custodian key.
   */
  readonly organizations?: readonly MspId[] | undefined;
  /** Default: the platform's. Give another one in tests only. */
  readonly rng?: Rng | undefined;
  /** Default: the platform's. */
  readonly clock?: Clock | undefined;
  /** Told of failures that did not stop a call, such as `CFRAG_INVALID`. Default: nobody. */
  readonly onWarning?: WarningListener | undefined;
}

/** What one user can do. Every call takes `{ signal }` and rejects with an `EmrError`. */
export interface EmrClient extends AsyncDisposable {
  readonly userId: UserId;
  readonly mspId: MspId;
  readonly identity: Identity;
  readonly records: Records;
  readonly grants: Grants;
  readonly access: Access;
  readonly audiences: Audiences;
  readonly tickets: Tickets;
  readonly emergency: Emergency;
  readonly summary: Summaries;
  readonly audit: Audit;
  readonly recovery: Recovery;
  readonly keys: Keys;
  /** Ends calls that are under way, and refuses further ones. Ledger and store stay open. */
  close(): Promise<void>;
}

/**
 * Makes a client.
 *
 * @throws EmrError `USER_EXISTS` where the user is registered with another keyring; what the ledger
 *   fails with where it cannot be asked.
 */
export async function connect(options: ConnectOptions): Promise<EmrClient> {
  const closing = new AbortController();
  const context = contextOf(options, closing.signal);
  context.renew(await registeredKeyring(context, context.signalOf(options)));
  const access = new Access(context);
  const records = new Records(context, access);
  const desk = new TicketDesk(context);
  const tickets = new Tickets(context, desk);
  const close = (): Promise<void> => {
    closing.abort(new DOMException('the client is closed', 'AbortError'));
    return Promise.resolve();
  };
  return {
    userId: context.userId,
    mspId: context.mspId,
    identity: new Identity(context),
    records,
    grants: new Grants(context),
    access,
    audiences: new Audiences(context, desk),
    tickets,
    emergency: new Emergency(context, desk, tickets),
    summary: new Summaries(context, records),
    audit: new Audit(context),
    recovery: new Recovery(context),
    keys: new Keys(context),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function contextOf(options: ConnectOptions, closed: AbortSignal): ClientContext {
  const { ledger, blobs, organizations } = options;
  const warn = options.onWarning ?? ((): void => undefined);
  const directoryFor = (keyring: Keyring): Directory =>
    new Directory({ ledger, ownKeys: ownKeys(ledger, keyring), warn, organizations });
  let { keyring } = options;
  let directory = directoryFor(keyring);
  return {
    ledger,
    blobs,
    get keyring() {
      return keyring;
    },
    get directory() {
      return directory;
    },
    renew: (renewed) => {
      if (renewed === keyring) return;
      keyring = renewed;
      directory = directoryFor(renewed);
    },
    clock: options.clock ?? systemClock,
    rng: options.rng ?? systemRng,
    warn,
    userId: ledger.userId,
    mspId: ledger.mspId,
    signalOf: (call) => {
      const signal = call?.signal === undefined ? closed : AbortSignal.any([closed, call.signal]);
      signal.throwIfAborted();
      return signal;
    },
  };
}

/** Of a keyring that was never rotated; when an earlier one was in force, the ledger says. */
function ownKeys({ userId }: Ledger, keyring: Keyring): UserKeys | undefined {
  const { number, verifyingPk, readerKeyHex } = keyring;
  return number === 0 ? firstKeys(userId, { verifyingPk, readerKeyHex, since: 0 }) : undefined;
}

/**
 * The keyring that the ledger has the keys of: the caller's, or the one of a rotation that was cut off.
 * Says at once what would otherwise surface as a signature that does not verify.
 */
async function registeredKeyring(
  { ledger, keyring, userId }: ClientContext,
  signal: AbortSignal,
): Promise<Keyring> {
  const user = await find('USER_NOT_FOUND', () =>
    ledger.evaluate('registry:GetUser', { userId }, { signal }),
  );
  if (user === null || hasKeysOf(user, keyring)) return keyring;
  const { pending } = keyring;
  if (pending !== null && hasKeysOf(user, pending)) return pending;
  throw new EmrError('USER_EXISTS', { userId });
}
