/**
 * Custodian keys by their generation.
 *
 * @module
 */
import type { KeyGeneration } from '@emr-share/model';
import type { CustodianKey, CustodianKeys } from './contract-service.js';

/** {@link CustodianKeys} that do not change. */
export class CustodianKeyring implements CustodianKeys {
  readonly generations: readonly KeyGeneration[];
  readonly #keys: ReadonlyMap<KeyGeneration, CustodianKey>;

  constructor(keys: Iterable<readonly [KeyGeneration, CustodianKey]>) {
    this.#keys = new Map(keys);
    this.generations = [...this.#keys.keys()].sort((a, b) => a - b);
  }

  of(generation: KeyGeneration): CustodianKey | undefined {
    return this.#keys.get(generation);
  }
}
