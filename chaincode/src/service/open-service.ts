/**
 * The contract service of this process.
 *
 * @module
 */
import type { ContractService, ServiceSource } from '../contract-service.js';
import { openCustodianFile } from './custodian-file.js';
import { readServiceEnvironment, type ServiceEnvironment } from './environment.js';

/** Opens the service of an organization: the machine's clock, and the custodian key on disk. */
export async function openService({
  mspId,
  custodianKeyFile,
}: ServiceEnvironment): Promise<ContractService> {
  const { custodian } = await openCustodianFile(custodianKeyFile);
  return { mspId, clock: { now: () => Date.now() }, custodian };
}

/** The service that the environment describes, opened at the first call; until then nothing is read. */
export function serviceOfThisProcess(): ServiceSource {
  let opened: Promise<ContractService> | undefined;
  return () => (opened ??= openService(readServiceEnvironment(process.env)));
}
