/**
 * A network on Fabric and Kubo that a connection profile describes, as users' commands see it.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import {
  enrolAtAuthority,
  FabricLedger,
  readConnectionProfile,
  verifyFabricChain,
  type ConnectionProfile,
} from '@emr-share/gateway-client/fabric';
import { KuboBlobStore } from '@emr-share/gateway-client/kubo';
import { EmrError, type MspId } from '@emr-share/model';
import { CliError } from '../errors/cli-error.js';
import type { UserNetwork } from './user-network.js';

/**
 * Reads the profile; connects when the first call is made.
 *
 * @throws CliError `FILE_UNREADABLE`; EmrError `INPUT_INVALID`
 */
export async function openProfileNetwork(path: string, signal: AbortSignal): Promise<UserNetwork> {
  const profile = await readProfile(path);
  const { mspId, gateways, stores, channel, contract: chaincode } = profile;
  if (stores.length === 0) throw new CliError('USAGE', `${path} names no store for content`);
  const ledgers: FabricLedger[] = [];
  const assertOwn = (user: MspId): void => {
    if (user === mspId) return;
    const message = `${path} is for the users of ${mspId}; name the profile of ${user} with --profile`;
    throw new CliError('USAGE', message, { details: { mspId, user } });
  };
  return {
    blobs: new KuboBlobStore({ nodes: stores }),
    ledger: (identity) => {
      assertOwn(identity.mspId);
      const ledger = new FabricLedger({ identity, gateways, channel, chaincode });
      ledgers.push(ledger);
      return ledger;
    },
    certify: async (keystore, secret) => {
      const { userId, mspId: user } = keystore.facts.user;
      assertOwn(user);
      const certificateRequestPem = await keystore.certificateRequest();
      const enrolment = { userId, secret: wanted(secret, userId), certificateRequestPem };
      return enrolAtAuthority(authorityOf(profile, path), enrolment, { signal });
    },
    verify: async (identity) => {
      const { copies, unreachable } = await verifyFabricChain(profile, await identity(), {
        signal,
      });
      return { organizations: copies, unreachable };
    },
    [Symbol.asyncDispose]: () => {
      for (const ledger of ledgers) ledger.close();
      return Promise.resolve();
    },
  };
}

/** @throws CliError `FILE_UNREADABLE`; EmrError `INPUT_INVALID` */
export async function readProfile(path: string): Promise<ConnectionProfile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    const message = `cannot read the connection profile ${path} (${code}); emr network export writes one for each organization`;
    throw new CliError('FILE_UNREADABLE', message, { details: { path, problem: code }, cause });
  }
  try {
    return readConnectionProfile(text);
  } catch (cause) {
    if (!EmrError.is(cause, 'INPUT_INVALID')) throw cause;
    const details = { what: `the connection profile ${path}`, problem: cause.details.problem };
    throw new EmrError('INPUT_INVALID', details, { cause });
  }
}

function wanted(secret: string | undefined, userId: string): string {
  if (secret !== undefined) return secret;
  const message = `${userId} has no certificate; give the secret from the hospital's admin with --enrolment-secret-file`;
  throw new CliError('USAGE', message, { details: { userId } });
}

function authorityOf(
  { certificateAuthority }: ConnectionProfile,
  path: string,
): NonNullable<ConnectionProfile['certificateAuthority']> {
  if (certificateAuthority !== null) return certificateAuthority;
  throw new CliError('USAGE', `${path} names no certificate authority to enrol at`);
}
