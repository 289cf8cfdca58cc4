/**
 * fabric-shim's stub, and fabric-shim kept quiet.
 *
 * Loading the shim has side effects that suit a chaincode process and not a library: it takes over
 * uncaught exceptions and rejections, and it logs decorators as they run and every refused call to
 * standard output. They are undone here. Import this before anything that loads the shim.
 *
 * @module
 */
import { createRequire } from 'node:module';
import type { ChaincodeStub } from 'fabric-shim';

interface ShimLogger {
  silent: boolean;
  readonly exceptions: { unhandle(): void };
}

interface ShimLoggers {
  getLogger(name: string): ShimLogger;
}

/** The stub's constructor, for which fabric-shim has no types. `handler` answers for the peer. */
type StubConstructor = new (
  handler: unknown,
  channel: string,
  transactionId: string,
  input: { getArgsList_asU8(): Uint8Array[] },
) => ChaincodeStub;

process.env['CORE_CHAINCODE_LOGGING_LEVEL'] ??= 'ERROR';

const require = createRequire(import.meta.url);

export const ShimStub = (require('fabric-shim') as { ChaincodeStub: StubConstructor })
  .ChaincodeStub;

for (const path of ['fabric-shim/lib/logger.js', 'fabric-contract-api/lib/logger.js']) {
  (require(path) as ShimLoggers).getLogger('_').exceptions.unhandle();
}
for (const listener of process.listeners('unhandledRejection')) {
  if (listener.name === 'loggerUnhandledRejectionFn') process.off('unhandledRejection', listener);
}

// A refusal is an answer, and goes to the caller; what contracts log themselves still shows.
(require('fabric-shim/lib/logger.js') as ShimLoggers).getLogger(
  'contracts-spi/chaincodefromcontract.js',
).silent = true;

export type { ChaincodeInterface } from 'fabric-shim';
