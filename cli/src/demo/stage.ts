/**
 * Where the story is told: made for it, or joined.
 *
 * @module
 */
import { join } from 'node:path';
import { openOwnNetwork } from '../consortium/own-network.js';
import type { Host } from '../host.js';
import { PlanDisplay } from '../network-output/plan-display.js';
import type { Output } from '../output/output.js';
import type { DemoBackend } from './backend.js';
import { openEmbeddedBackend } from './embedded-backend.js';
import type { DemoOptions } from './options.js';

/** Disposing of it closes what was opened and removes what was made for the story. */
export interface Stage extends AsyncDisposable {
  readonly backend: DemoBackend;
}

/**
 * The embedded consortium in `base`, a network of its own, or the running one that was named.
 *
 * @throws NetworkError, CliError, EmrError: nothing is left then
 */
export async function setStage(
  { fabric = false, network }: DemoOptions,
  base: string,
  host: Host,
  output: Output,
): Promise<Stage> {
  const { signal } = host;
  if (!fabric) return onlyBackend(await openEmbeddedBackend(join(base, 'consortium'), signal));
  const { openFabricBackend } = await import('./fabric-backend.js');
  if (network !== undefined) return onlyBackend(await openFabricBackend(network, signal));
  const display = new PlanDisplay(host, output);
  const { onProgress } = display;
  const own = await openOwnNetwork({ signal, onProgress }).finally(() => {
    display.stop();
  });
  try {
    const backend = await openFabricBackend(own.dir, signal);
    return {
      backend,
      [Symbol.asyncDispose]: async () => {
        await backend[Symbol.asyncDispose]();
        await own[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await own[Symbol.asyncDispose]();
    throw error;
  }
}

function onlyBackend(backend: DemoBackend): Stage {
  return { backend, [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose]() };
}
