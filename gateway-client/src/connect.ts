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
import { Identity } from './identity/identity.js';
import type { Keyring } from './keyring.js';
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
  await assertOwnKeyring(context, context.signalOf(options));
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
    close,
    [Symbol.asyncDispose]: close,
  };
}

function contextOf(options: ConnectOptions, closed: AbortSignal): ClientContext {
  const { ledger, blobs, keyring, organizations } = options;
  const warn = options.onWarning ?? ((): void => undefined);
  const { verifyingPk, readerKeyHex } = keyring;
  const ownKeys = { userId: ledger.userId, verifyingPk, readerKeyHex };
  return {
    ledger,
    blobs,
    keyring,
    directory: new Directory({ ledger, ownKeys, warn, organizations }),
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

/** Says at once what would otherwise surface as a signature that does not verify. */
async function assertOwnKeyring(
  { ledger, keyring, userId }: ClientContext,
  signal: AbortSignal,
): Promise<void> {
  const user = await find('USER_NOT_FOUND', () =>
    ledger.evaluate('registry:GetUser', { userId }, { signal }),
  );
  const isOwn =
    user === null ||
    (user.verifyingKey === keyring.verifyingKeyHex && user.readerKey === keyring.readerKeyHex);
  if (!isOwn) throw new EmrError('USER_EXISTS', { userId });
}
