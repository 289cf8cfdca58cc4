/** Custodian keys in memory, which tests change as a rotation does. */
import { SecretKey } from '@emr-share/crypto';
import { CustodianSecret, type CustodianKey, type CustodianKeys } from '../../src/index.js';

export class TestCustodians implements CustodianKeys {
  readonly #keys: Map<number, SecretKey>;

  constructor(keys: ReadonlyMap<number, SecretKey> = new Map([[1, SecretKey.random()]])) {
    this.#keys = new Map(keys);
  }

  copy(): TestCustodians {
    return new TestCustodians(this.#keys);
  }

  get generations(): number[] {
    return [...this.#keys.keys()].sort((a, b) => a - b);
  }

  of(generation: number): CustodianKey | undefined {
    const key = this.#keys.get(generation);
    return key && new CustodianSecret(key);
  }

  secret(generation: number): SecretKey {
    return this.#keys.get(generation)!;
  }

  add(generation: number): void {
    this.#keys.set(generation, SecretKey.random());
  }

  destroy(generation: number): void {
    this.#keys.delete(generation);
  }
}
