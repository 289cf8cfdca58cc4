/**
 * Namespace `keys`: the caller's own keys, and new ones in their place.
 *
 * @module
 */
import type { UnixMillis } from '@emr-share/model';
import { bytesToHex } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import type { CallOptions } from '../ports/ledger.js';
import { rotateKeys, type RotatedKeys, type RotateKeysOptions } from './rotate-keys.js';

/** Keys that the caller has had. */
export interface KeyFacts {
  /** 0: those of the registration. */
  readonly number: number;
  readonly since: UnixMillis;
  readonly verifyingKey: string;
  readonly readerKey: string;
}

/** The keys of one user. */
export class Keys {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /**
   * The caller's keys from the registration on, the ones in force last, as a majority of the
   * organizations has them.
   *
   * @throws EmrError `USER_NOT_FOUND` before the registration.
   */
  async history(options?: CallOptions): Promise<readonly KeyFacts[]> {
    const { directory, userId } = this.#context;
    const signal = this.#context.signalOf(options);
    directory.forget(userId);
    const { terms } = await directory.keys(userId, signal);
    return terms.map(({ verifyingPk, readerKeyHex, since }, number) => ({
      number,
      since,
      verifyingKey: bytesToHex(verifyingPk.toCompressedBytes()),
      readerKey: readerKeyHex,
    }));
  }

  /**
   * Puts the keys of a new seed in the place of those in force: after a device may have been read, or on
   * schedule. The user stays the same, and contents stay as they are stored. From the first transaction
   * on nothing is accepted that the former keys sign, and nothing is filed under the former seed. What
   * was filed before stays readable with the earlier seeds, which the keyring keeps – also for somebody
   * else who has one.
   *
   * The client goes on with the new keys; the user's other devices need a copy of the keystore. Call
   * again after a failure, also with a client of the keystore opened anew: it goes on.
   *
   * @throws EmrError `ROTATION_STALE` where another device has rotated the keys.
   */
  async rotate(options: RotateKeysOptions): Promise<RotatedKeys> {
    return rotateKeys(this.#context, options);
  }
}
