/**
 * The contract service of this process.
 *
 * @module
 */
import type { ServiceSource } from '../contract-service.js';
import { CustodianKeyFiles } from './custodian-keys.js';
import { readServiceEnvironment, type ServiceEnvironment } from './environment.js';

/**
 * Opens the service of an organization: the machine's clock, and the custodian keys as they are on
 * disk at each call, so that a rotation needs no restart.
 *
 * @throws ServiceError where a custodian key cannot be used.
 */
export async function openService({
  mspId,
  custodianKeyFile,
}: ServiceEnvironment): Promise<ServiceSource> {
  const custodians = await CustodianKeyFiles.open(custodianKeyFile);
  const service = { mspId, clock: { now: () => Date.now() }, custodians };
  return async () => {
    await custodians.refresh();
    return service;
  };
}

/** The service that the environment describes, opened at the first call; until then nothing is read. */
export function serviceOfThisProcess(): ServiceSource {
  let opened: Promise<ServiceSource> | undefined;
  return async () => (await (opened ??= openService(readServiceEnvironment(process.env))))();
}
