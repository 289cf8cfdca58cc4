/**
 * Rotation of the own keys. Calling again finishes what a crash has cut off: the new seed is kept before
 * the ledger hears of it, and takes its place in the keystore last.
 *
 * @module
 */
import type { GrantId, User } from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import type { Keyring } from '../keyring.js';
import type { CallOptions } from '../ports/ledger.js';
import { endGrants, keepGrants, renewPlan } from './go-on.js';
import { registerKeys } from './register-keys.js';
import type { RotationStore } from './rotation-store.js';

/** How far a rotation has come: what is done next. */
export type RotationStep = 'begin' | 'register' | 'grants' | 'recovery' | 'commit';

export interface RotateKeysOptions extends CallOptions {
  /** Where the new seed is kept, so that no crash loses it. */
  readonly store: RotationStore;
  /**
   * (Patient.) Whether the grants and rules for readers that were made before go on under the new keys.
   * End them where somebody else may have used the former ones. The emergency rule goes on in any case.
   * Default `keep`.
   */
  readonly grants?: 'keep' | 'end' | undefined;
  readonly onProgress?: ((step: RotationStep) => void) | undefined;
}

/** What a rotation has come to. */
export interface RotatedKeys {
  /** The user, with the keys now in force. */
  readonly user: User;
  /** The grants that have ended. */
  readonly ended: readonly GrantId[];
  /** Whether there is a recovery plan; it was made anew. */
  readonly recoverable: boolean;
}

/** See `Keys.rotate`. */
export async function rotateKeys(
  context: ClientContext,
  options: RotateKeysOptions,
): Promise<RotatedKeys> {
  const { store, grants = 'keep', onProgress = (): void => undefined } = options;
  const signal = context.signalOf(options);
  onProgress('begin');
  const seed = await store.begin(context.rng(32));
  const next = successor(context, seed);
  onProgress('register');
  const user = await registerKeys(context, next, signal);
  context.renew(next);
  let ended: readonly GrantId[] = [];
  let recoverable = false;
  if (user.role === 'patient') {
    onProgress('grants');
    if (grants === 'end') ended = await endGrants(context, signal);
    else await keepGrants(context, signal);
    onProgress('recovery');
    recoverable = await renewPlan(context, signal);
  }
  onProgress('commit');
  await store.commit();
  return { user, ended, recoverable };
}

/** The keyring of the new seed: the one in use, where an earlier call has come that far. */
function successor(context: ClientContext, seed: Uint8Array): Keyring {
  const { keyring } = context;
  if (keyring.isOf(seed)) return keyring;
  context.renew(keyring.withPending(seed));
  return keyring.succeededBy(seed);
}
