/**
 * Patients who are registered and need nothing: each with a certificate of the hospital's CA and a
 * registration of its own on the ledger. Nothing is filed for them.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { Keyring, signedRegistration } from '@emr-share/gateway-client';
import {
  FabricLedger,
  GatewayClients,
  readConnectionProfile,
} from '@emr-share/gateway-client/fabric';
import { createIdentity } from '@emr-share/gateway-client/node';
import { connectionProfiles, type Enrol, openEnrolment } from '@emr-share/network';

/** At a time and hospital: more raise the latency only, up to the CA's time limit. */
const IN_FLIGHT = 6;

export interface CrowdTask {
  /** The network's folder on the hospital's host. */
  readonly dir: string;
  readonly mspId: string;
  /** Decides their IDs and their keys. */
  readonly seed: number;
}

/** Everybody's share of the seed. */
const derived = (seed: number, mspId: string, i: number): Buffer =>
  createHash('sha256')
    .update(`emr satellite crowd ${String(seed)} ${mspId} ${String(i)}`)
    .digest();

/** The patients of one hospital. */
export class Crowd implements Disposable {
  readonly #task: CrowdTask;
  readonly #tools: Tools;

  private constructor(task: CrowdTask, tools: Tools) {
    this.#task = task;
    this.#tools = tools;
  }

  /** @throws NetworkError NETWORK_NOT_FOUND, CA_REFUSED, REQUEST_FAILED */
  static async open(task: CrowdTask): Promise<Crowd> {
    const enrol = await openEnrolment(task.dir, task.mspId);
    const profile = await profileOf(task);
    return new Crowd(task, { enrol, profile, clients: new GatewayClients() });
  }

  /**
   * Registers the patients from one number up to, but not with, another one.
   *
   * @throws NetworkError, EmrError what the CA or the ledger refuses with
   */
  async register(from: number, to: number): Promise<void> {
    let next = from;
    const work = async (): Promise<void> => {
      while (next < to) {
        next += 1;
        await registerOne(this.#task, next - 1, this.#tools);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  }

  [Symbol.dispose](): void {
    this.#tools.clients.close();
  }
}

type Profile = ReturnType<typeof readConnectionProfile>;

interface Tools {
  readonly enrol: Enrol;
  readonly profile: Profile;
  readonly clients: GatewayClients;
}

async function profileOf({ dir, mspId }: CrowdTask): Promise<Profile> {
  const profiles = Object.values(await connectionProfiles(dir));
  const found = profiles
    .map((content) => readConnectionProfile(JSON.stringify(content)))
    .find((profile) => profile.mspId === mspId);
  if (found === undefined) throw new TypeError(`no organization ${mspId}`);
  return found;
}

async function registerOne(
  { mspId, seed }: CrowdTask,
  i: number,
  { enrol, profile, clients }: Tools,
): Promise<void> {
  const secret = derived(seed, mspId, i);
  const keyring = Keyring.fromSeed(secret);
  const userId = `patient.${createHash('sha256').update(secret).digest('hex').slice(0, 12)}`;
  const { certificate, key } = await enrol({ userId, role: 'patient' });
  const identity = createIdentity({ mspId, certificatePem: certificate, privateKeyPem: key });
  const { gateways, channel, contract: chaincode } = profile;
  const ledger = new FabricLedger({ identity, gateways, channel, chaincode, clients });
  try {
    const facts = { userId, mspId, role: 'patient', registeredAt: Date.now() } as const;
    await ledger.submit('registry:RegisterUser', signedRegistration(keyring, facts));
  } finally {
    ledger.close();
  }
}
