import { nobleBackend } from '../../src/group/noble-backend.js';
import type { GroupBackend } from '../../src/group/group-backend.js';
import { loadNativeBackend } from '../../src/native.js';

const native = loadNativeBackend();
if (native === null) {
  process.stderr.write(
    'secp256k1 ships no build for this platform: the native backend is NOT tested here\n',
  );
}

/** `[name, backend]` of every backend that runs here, for `describe.each`. */
export const backends: [string, GroupBackend][] = [nobleBackend, ...(native ? [native] : [])].map(
  (backend) => [backend.name, backend],
);
