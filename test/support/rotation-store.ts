/**
 * A keystore in memory: it opens as the file does.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { Keyring, type RotationStore } from '@emr-share/gateway-client';

export class MemoryKeystore implements RotationStore {
  #seeds: readonly Uint8Array[];
  #pending: Uint8Array | undefined;

  /** @param seeds - The one in use last; by default a fresh one. */
  constructor(seeds: readonly Uint8Array[] = [randomBytes(32)]) {
    this.#seeds = seeds;
  }

  /** The keyring as a program finds it that opens the keystore now. */
  get keyring(): Keyring {
    const [newest] = this.#seeds.slice(-1);
    if (newest === undefined) throw new Error('a keystore without a seed');
    return Keyring.fromSeed(newest, { earlier: this.#seeds.slice(0, -1), pending: this.#pending });
  }

  /** What a thief has who read the keystore: the keys of the seed in use. */
  copy(): MemoryKeystore {
    return new MemoryKeystore(this.#seeds);
  }

  begin(proposed: Uint8Array): Promise<Uint8Array> {
    this.#pending ??= Uint8Array.from(proposed);
    return Promise.resolve(this.#pending);
  }

  commit(): Promise<void> {
    if (this.#pending !== undefined) this.#seeds = [...this.#seeds, this.#pending];
    this.#pending = undefined;
    return Promise.resolve();
  }
}
