/**
 * The native backend, for Node: `@emr-share/crypto/native`.
 *
 * A module of its own, so that browsers never meet the addon.
 *
 * @module
 */
import { createRequire } from 'node:module';
import { createNativeBackend } from './group/native-backend.js';
import type { Secp256k1Addon } from './group/native-backend.js';
import type { GroupBackend } from './group/group-backend.js';
import { systemRng } from './rng.js';

export { useBackend } from './group/default-backend.js';

/**
 * The package's bindings, not its root: the root falls back in silence to a pure JavaScript curve.
 */
const ADDON = 'secp256k1/bindings.js';

let loaded: GroupBackend | null | undefined;

/**
 * Loads libsecp256k1, blinded with fresh randomness.
 *
 * @returns The backend (the same one at every call), or `null` on a platform for which the optional
 * `secp256k1` package ships no build.
 * @example
 * const native = loadNativeBackend();
 * if (native !== null) useBackend(native);
 */
export function loadNativeBackend(): GroupBackend | null {
  if (loaded === undefined) loaded = tryLoad();
  return loaded;
}

function tryLoad(): GroupBackend | null {
  try {
    const addon = createRequire(import.meta.url)(ADDON) as Secp256k1Addon;
    addon.contextRandomize(systemRng(32));
    return createNativeBackend(addon);
  } catch {
    return null;
  }
}
