/**
 * Changing an organization's custodian key: what is live goes over to a new key, the old one is
 * destroyed, and with it all that was purged. See docs/protocol.md §8.7.
 *
 * @module
 */
import {
  canonicalJson,
  EmrError,
  type Custodian,
  type KeyGeneration,
  type MspId,
} from '@emr-share/model';
import { inBatches } from '../batches.js';
import { overPages } from '../pages.js';
import type { Ledger } from '../ports/ledger.js';
import { whileBehind } from '../retry.js';
import { submitSettled } from '../settle.js';
import { CUSTODY_KINDS, type Custody, type CustodyKind, type SecretRef } from './custody-kinds.js';
import { ownCustodian } from './own-custodian.js';

/** Where an organization's custodian keys rest; only its contract service uses them. */
export interface CustodianKeyStore {
  /** Generations held, oldest first. */
  readonly generations: readonly KeyGeneration[];
  /** Makes the key of a generation; one that is there stays. */
  add(generation: KeyGeneration): Promise<void>;
  /** Destroys every key before a generation. Repeating it is no error. */
  destroyBefore(generation: KeyGeneration): Promise<void>;
}

/** Where a rotation stands. */
export interface RotationProgress {
  readonly step: 'publish' | 'reseal' | 'retire' | 'destroy';
  /** Fragments and shares sealed to the new key so far. */
  readonly resealed: number;
}

export interface RotationOptions {
  /** As an admin of the organization. */
  readonly ledger: Ledger;
  readonly keys: CustodianKeyStore;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: RotationProgress) => void) | undefined;
}

/** What a rotation did. */
export interface RotationReport {
  readonly mspId: MspId;
  /** Of the key that the organization has now. */
  readonly generation: KeyGeneration;
  /** Whether this call finished a rotation that another one had begun. */
  readonly resumed: boolean;
  /** Fragments and shares that this call sealed to the new key. */
  readonly resealed: number;
  /** What is live and no key opened, before the rotation either. */
  readonly unreadable: readonly SecretRef[];
  /** Generations whose keys this call destroyed. */
  readonly destroyed: readonly KeyGeneration[];
}

const never = new AbortController().signal;

/**
 * Gives an organization a new custodian key: makes and publishes it, seals every fragment of a grant
 * in force and every share of a recovery plan in force to it, has the ledger refuse the old one, and destroys the old one once nothing that is
 * live needs it. Fragments can be read and deposited all the while. A call that ended early, at
 * whatever step, is finished by the next one.
 *
 * @throws EmrError `CUSTODIAN_NOT_FOUND` where the organization has published no key; `ROLE_DENIED`;
 *   `CUSTODIAN_STALE` where its contract service does not hold the new key; `FRAGMENTS_OUTDATED` where
 *   fragments stay behind: nothing is destroyed then.
 */
export async function rotateCustodian(options: RotationOptions): Promise<RotationReport> {
  return new Rotation(options).run();
}

class Rotation {
  readonly #ledger: Ledger;
  readonly #keys: CustodianKeyStore;
  readonly #signal: AbortSignal;
  readonly #onProgress: (progress: RotationProgress) => void;
  readonly #unreadable = new Map<string, SecretRef>();
  #resealed = 0;

  constructor({ ledger, keys, signal = never, onProgress = () => undefined }: RotationOptions) {
    this.#ledger = ledger;
    this.#keys = keys;
    this.#signal = signal;
    this.#onProgress = onProgress;
  }

  async run(): Promise<RotationReport> {
    const { mspId } = this.#ledger;
    const published = await ownCustodian(this.#ledger, { signal: this.#signal });
    const { generation, resumed } = targetOf(published, this.#keys.generations);
    await this.#publish(published, generation);
    await this.#resealOnce(generation);
    await this.#retire(generation);
    await this.#resealRest(generation);
    const destroyed = await this.#destroy(generation);
    return {
      mspId,
      generation,
      resumed,
      resealed: this.#resealed,
      unreadable: [...this.#unreadable.values()],
      destroyed,
    };
  }

  async #publish(published: Custodian, generation: KeyGeneration): Promise<void> {
    const { mspId } = this.#ledger;
    this.#report('publish');
    if (published.generation >= generation) return;
    await this.#keys.add(generation);
    const { publicKey } = await this.#keyOf(generation);
    await submitSettled(
      this.#ledger,
      'registry:PublishCustodian',
      { mspId, publicKey, generation },
      {
        signal: this.#signal,
        recall: () => ownCustodian(this.#ledger, { signal: this.#signal }),
        missing: 'CUSTODIAN_NOT_FOUND',
        isOurs: (found) => found.publicKey === publicKey,
      },
    );
  }

  async #retire(generation: KeyGeneration): Promise<void> {
    const { mspId } = this.#ledger;
    this.#report('retire');
    await submitSettled(
      this.#ledger,
      'registry:RetireCustodian',
      { mspId, acceptedFrom: generation },
      {
        signal: this.#signal,
        recall: () => ownCustodian(this.#ledger, { signal: this.#signal }),
        missing: 'CUSTODIAN_NOT_FOUND',
        isOurs: ({ acceptedFrom }) => acceptedFrom >= generation,
      },
    );
  }

  /** Once the old key is retired: no more grants name it, so that what is left comes to an end. */
  async #resealRest(generation: KeyGeneration): Promise<void> {
    const { mspId } = this.#ledger;
    await whileBehind(['FRAGMENTS_OUTDATED'], this.#signal, async () => {
      const { found, acceptedFrom } = await this.#resealOnce(generation);
      // A peer that has not seen the retirement may not have seen a grant before it either.
      if (found === 0 && acceptedFrom >= generation) return;
      throw new EmrError('FRAGMENTS_OUTDATED', { mspId, generation });
    });
  }

  /** One walk over all that is kept. `acceptedFrom`: the least that an answering peer knew of. */
  async #resealOnce(
    generation: KeyGeneration,
  ): Promise<{ readonly found: number; readonly acceptedFrom: KeyGeneration }> {
    let [found, acceptedFrom] = [0, generation];
    this.#report('reseal');
    const custody = { ledger: this.#ledger, generation, signal: this.#signal };
    for (const kind of CUSTODY_KINDS) {
      const pages = overPages(async (bookmark) => {
        const page = await kind.outdated(custody, bookmark);
        return { items: [page], bookmark: page.bookmark };
      });
      for await (const page of pages) {
        acceptedFrom = Math.min(acceptedFrom, page.acceptedFrom);
        const outdated = page.items.filter((ref) => !this.#unreadable.has(canonicalJson(ref)));
        found += outdated.length;
        for (const refs of inBatches(outdated)) await this.#reseal(kind, custody, refs);
      }
    }
    return { found, acceptedFrom };
  }

  async #reseal(kind: CustodyKind, custody: Custody, refs: readonly SecretRef[]): Promise<void> {
    try {
      const { resealed, unreadable } = await kind.reseal(custody, refs);
      for (const ref of unreadable) this.#unreadable.set(canonicalJson(ref), ref);
      this.#resealed += resealed;
    } catch (error) {
      // Whether it arrived shows at the next walk.
      if (!EmrError.is(error, 'COMMIT_UNKNOWN')) throw error;
    }
    this.#report('reseal');
  }

  async #destroy(generation: KeyGeneration): Promise<readonly KeyGeneration[]> {
    const { mspId } = this.#ledger;
    this.#report('destroy');
    const old = this.#keys.generations.filter((held) => held < generation);
    await this.#keys.destroyBefore(generation);
    await whileBehind(['CUSTODIAN_STALE'], this.#signal, async () => {
      const { held } = await this.#keyOf(generation);
      if (held.some((one) => one < generation)) {
        throw new EmrError('CUSTODIAN_STALE', { mspId, generation });
      }
    });
    return old;
  }

  /** The key of a generation as the contract service holds it; it looks at each call what there is. */
  #keyOf(
    generation: KeyGeneration,
  ): Promise<{ readonly publicKey: string; readonly held: readonly KeyGeneration[] }> {
    const options = { organizations: [this.#ledger.mspId], signal: this.#signal };
    return whileBehind(['CUSTODIAN_STALE'], this.#signal, () =>
      this.#ledger.evaluate('registry:GetCustodianKey', { generation }, options),
    );
  }

  #report(step: RotationProgress['step']): void {
    this.#onProgress({ step, resealed: this.#resealed });
  }
}

/** The generation to go over to: the one that was begun, else the next. */
function targetOf(
  { generation, acceptedFrom }: Custodian,
  held: readonly KeyGeneration[],
): { readonly generation: KeyGeneration; readonly resumed: boolean } {
  const newest = held.at(-1) ?? 0;
  if (newest > generation) return { generation: newest, resumed: true };
  const hasOlder = acceptedFrom < generation || held.some((one) => one < generation);
  // Where the published key is lost, only a new one helps.
  return newest === generation && hasOlder
    ? { generation, resumed: true }
    : { generation: generation + 1, resumed: false };
}
