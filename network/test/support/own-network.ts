/** A network of a test's own, for tests that break it. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Keyring, signedRegistration, type Ledger } from '@emr-share/gateway-client';
import { type FabricConsortium, openFabricConsortium } from '@emr-share/cli/consortium';
import { down, ordering, type OrdererSample, type Topology, up } from '../../src/index.js';
import { waitFor } from '../../src/wait.js';
import { tempDir } from './temp-dir.js';

const CONTRACT = fileURLToPath(new URL('../../../chaincode/dist/service/main.js', import.meta.url));
const DAY_MS = 86_400_000;

/** A patient whose policies are the test's transactions. */
export interface Publisher {
  readonly userId: string;
  /** Publishes the next policy; the milliseconds until it is committed. */
  publish(): Promise<number>;
}

export interface OwnNetwork extends AsyncDisposable {
  readonly dir: string;
  readonly consortium: FabricConsortium;
  publisher(): Promise<Publisher>;
  /** Waits until the orderers are as `is` wants them. */
  orderersSuch(what: string, is: (orderers: OrdererSample[]) => boolean): Promise<OrdererSample[]>;
}

const WAIT_MS = 60_000;
/** Below the limit of the hook that opens it, so that a failure is cleaned up. */
const UP_LIMIT_MS = 180_000;

async function registered(ledger: Ledger): Promise<Keyring> {
  const keyring = Keyring.random();
  const { userId, mspId } = ledger;
  const facts = { userId, mspId, role: 'patient', registeredAt: Date.now() } as const;
  await ledger.submit('registry:RegisterUser', signedRegistration(keyring, facts));
  return keyring;
}

async function newPublisher(consortium: FabricConsortium): Promise<Publisher> {
  const [mspId = ''] = consortium.organizations;
  const userId = `patient-${Date.now().toString(36)}`;
  const ledger = consortium.ledger(await consortium.enrol(mspId, { userId, role: 'patient' }));
  const keyring = await registered(ledger);
  let version = 0;
  return {
    userId,
    publish: async () => {
      version += 1;
      const body = {
        patient: userId,
        version,
        purposes: ['TREAT' as const],
        maxGrantMs: DAY_MS,
        ticketMs: 60_000,
        closedCategories: [],
        publishedAt: Date.now(),
      };
      const started = Date.now();
      const signature = keyring.sign('policy', body);
      await ledger.submit('registry:PublishPolicy', { body, signature });
      return Date.now() - started;
    },
  };
}

/** Brings a network up in a folder of its own; disposing of it removes both. */
export async function openOwnNetwork(topology: Topology): Promise<OwnNetwork> {
  const dir = join(await tempDir(), 'net');
  try {
    const command = [process.execPath, CONTRACT] as const;
    await up(topology, { dir, contract: { command }, signal: AbortSignal.timeout(UP_LIMIT_MS) });
  } catch (error) {
    await down(dir, { purge: true });
    throw error;
  }
  const consortium = await openFabricConsortium(dir);
  return {
    dir,
    consortium,
    publisher: () => newPublisher(consortium),
    orderersSuch: (what, is) =>
      waitFor(what, { limitMs: WAIT_MS }, async () => {
        const orderers = await ordering(dir);
        return is(orderers) ? orderers : null;
      }),
    [Symbol.asyncDispose]: async () => {
      await consortium[Symbol.asyncDispose]();
      await down(dir, { purge: true });
    },
  };
}

/** Whether all of them run and have equally many blocks. */
export function areLevel(orderers: readonly OrdererSample[]): boolean {
  const heights = new Set(orderers.map(({ reading }) => reading?.height ?? null));
  return heights.size === 1 && !heights.has(null);
}
