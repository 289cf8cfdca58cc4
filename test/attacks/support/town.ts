/**
 * The stage of every attack: three hospitals, a patient with a filed record, a physician with a
 * grant, others without; all real, in a directory of its own. What the parties keep secret is
 * written down while it is made, so that an attack can look for it.
 *
 * @module
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRng, type VerifiedKeyFrag } from '@emr-share/crypto';
import { Consortium } from '@emr-share/embedded';
import {
  connect,
  Keyring,
  type BlobStore,
  type EmrClient,
  type EmrError,
  type Identity,
  type Ledger,
  type TransactOptions,
} from '@emr-share/gateway-client';
import type { Role } from '@emr-share/model';

/** Somebody with keys and a connection. */
export interface Person {
  readonly userId: string;
  readonly seed: Uint8Array;
  readonly keyring: Keyring;
  readonly identity: Identity;
  readonly ledger: Ledger;
  readonly client: EmrClient;
}

/** What was secret at the moment it was made. */
export interface Secrets {
  readonly kfrags: VerifiedKeyFrag[];
  /** Sealed fragments as they travelled, by custodian. */
  readonly deposits: { readonly mspId: string; readonly transient: Uint8Array }[];
}

export interface ConnectAs {
  /** Stands between the client and the ledger. */
  readonly ledger?: ((real: Ledger) => Ledger) | undefined;
  /** Stands between the client and the store. */
  readonly blobs?: ((real: BlobStore) => BlobStore) | undefined;
  readonly onWarning?: ((warning: EmrError) => void) | undefined;
}

export class Town implements AsyncDisposable {
  readonly directory: string;
  readonly consortium: Consortium;
  readonly secrets: Secrets = { kfrags: [], deposits: [] };

  private constructor(directory: string, consortium: Consortium, clock: { offsetMs: number }) {
    this.directory = directory;
    this.consortium = consortium;
    this.#clock = clock;
  }

  readonly #clock: { offsetMs: number };

  static async build(): Promise<Town> {
    const directory = await mkdtemp(join(tmpdir(), 'emr-share-attack-'));
    const shared = { offsetMs: 0 };
    const clock = { now: () => Date.now() + shared.offsetMs };
    const consortium = await Consortium.open({ directory, clock });
    return new Town(directory, consortium, shared);
  }

  /** Moves every clock of the town forward. */
  passTime(ms: number): void {
    this.#clock.offsetMs += ms;
  }

  readonly clock = { now: (): number => Date.now() + this.#clock.offsetMs };

  /** Enrols somebody, without registering. */
  async enrol(
    mspId: string,
    userId: string,
    role: Role,
    options: { readonly department?: string | undefined } = {},
  ): Promise<Person> {
    const { identity } = await this.consortium.enrol(mspId, { userId, role, ...options });
    const seed = systemRng(32);
    return this.connectAs({ userId, seed, identity });
  }

  /** Another session of somebody, possibly with an attacker between. */
  async connectAs(
    who: Pick<Person, 'userId' | 'seed' | 'identity'>,
    between: ConnectAs = {},
  ): Promise<Person> {
    const keyring = this.#watched(Keyring.fromSeed(who.seed));
    const real = this.#watchedLedger(this.consortium.ledger(who.identity));
    const ledger = between.ledger?.(real) ?? real;
    const blobs = between.blobs?.(this.consortium.blobs) ?? this.consortium.blobs;
    const client = await connect({
      ledger,
      blobs,
      keyring,
      clock: this.clock,
      ...(between.onWarning === undefined ? {} : { onWarning: between.onWarning }),
    });
    return { ...who, keyring, ledger, client };
  }

  async patient(mspId: string, userId: string): Promise<Person> {
    const person = await this.enrol(mspId, userId, 'patient');
    await person.client.identity.enrolPatient();
    return person;
  }

  async physician(mspId: string, userId: string, role: Role = 'physician'): Promise<Person> {
    const person = await this.enrol(mspId, userId, role);
    await person.client.identity.register({ role });
    return person;
  }

  /** Every file that any organization or the store keeps, with what is in it. */
  async everyFile(): Promise<{ readonly path: string; readonly bytes: Buffer }[]> {
    const entries = await readdir(this.directory, { recursive: true, withFileTypes: true });
    return Promise.all(
      entries
        .filter((entry) => entry.isFile())
        .map(async (entry) => {
          const path = join(entry.parentPath, entry.name);
          return { path: path.slice(this.directory.length + 1), bytes: await readFile(path) };
        }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.consortium.close();
    await rm(this.directory, { recursive: true });
  }

  #watched(keyring: Keyring): Keyring {
    const delegate = keyring.delegate.bind(keyring);
    return Object.assign(keyring, {
      delegate: (...args: Parameters<Keyring['delegate']>) => {
        const kfrags = delegate(...args);
        this.secrets.kfrags.push(...kfrags);
        return kfrags;
      },
    });
  }

  #watchedLedger(real: Ledger): Ledger {
    return interpose(real, {
      onSubmit: (options) => {
        const transient = options?.transient?.['fragments'];
        const mspId = options?.organizations?.[0];
        if (transient !== undefined && mspId !== undefined) {
          this.secrets.deposits.push({ mspId, transient: transient.slice() });
        }
      },
    });
  }
}

/** A ledger port with somebody between: sees submits, changes answers of queries. */
export function interpose(
  real: Ledger,
  between: {
    readonly onSubmit?: (options: TransactOptions | undefined) => void;
    readonly onEvaluate?: (
      name: string,
      options: TransactOptions | undefined,
      answer: () => Promise<unknown>,
    ) => Promise<unknown>;
  },
): Ledger {
  const evaluate = async (
    name: never,
    request: never,
    options?: TransactOptions,
  ): Promise<unknown> => {
    const answer = (): Promise<unknown> => real.evaluate(name, request, options);
    return between.onEvaluate === undefined ? answer() : between.onEvaluate(name, options, answer);
  };
  return {
    mspId: real.mspId,
    userId: real.userId,
    evaluate: evaluate as Ledger['evaluate'],
    submit: (name, request, options) => {
      between.onSubmit?.(options);
      return real.submit(name, request, options);
    },
    events: (options) => real.events(options),
  };
}
