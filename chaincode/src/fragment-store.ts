/**
 * The sealed fragments in the organizations' implicit private collections.
 *
 * @module
 */
import { implicitCollection, type GrantId, type MspId, type ScopeId } from '@emr-share/model';
import type { ChaincodeStub } from './fabric.js';
import { fragmentKey } from './ledger-keys.js';

/** One fragment's place: at one organization, for one scope of one grant. */
export interface FragmentPlace {
  readonly mspId: MspId;
  readonly grantId: GrantId;
  readonly scopeId: ScopeId;
}

/**
 * Reads, writes and purges fragments. Only a service of the organization itself can read, write or
 * purge; every endorser can see the hash.
 */
export class FragmentStore {
  readonly #stub: ChaincodeStub;

  constructor(stub: ChaincodeStub) {
    this.#stub = stub;
  }

  /** SHA-256 of the sealed fragment as hex, which the whole channel knows; `null`: there is none. */
  async sha256Of(place: FragmentPlace): Promise<string | null> {
    const hash = await this.#stub.getPrivateDataHash(...this.#address(place));
    return hash.length === 0 ? null : Buffer.from(hash).toString('hex');
  }

  async get(place: FragmentPlace): Promise<Uint8Array | null> {
    const sealed = await this.#stub.getPrivateData(...this.#address(place));
    return sealed.length === 0 ? null : Uint8Array.from(sealed);
  }

  async put(place: FragmentPlace, sealed: Uint8Array): Promise<void> {
    await this.#stub.putPrivateData(...this.#address(place), sealed);
  }

  /** Removes the value, its earlier versions and its hash. Nothing to purge is no error. */
  async purge(place: FragmentPlace): Promise<void> {
    if ((await this.sha256Of(place)) === null) return;
    await this.#stub.purgePrivateData(...this.#address(place));
  }

  #address({ mspId, grantId, scopeId }: FragmentPlace): [collection: string, key: string] {
    const { type, parts } = fragmentKey(grantId, scopeId);
    return [implicitCollection(mspId), this.#stub.createCompositeKey(type, [...parts])];
  }
}
