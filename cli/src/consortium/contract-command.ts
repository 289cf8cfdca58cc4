import { createRequire } from 'node:module';
import type { ContractCommand } from '@emr-share/network';

/** Runs the contract service of this installation, on the Node that runs this. */
export function contractCommand(): ContractCommand {
  const service = createRequire(import.meta.url).resolve('@emr-share/chaincode/service');
  return { command: [process.execPath, service] };
}
