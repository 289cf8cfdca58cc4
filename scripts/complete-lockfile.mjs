// Completes package-lock.json after a change of dependencies made behind a registry mirror that
// serves one platform only: npm leaves the optional packages of the other platforms out of the
// lockfile then, and refuses it at the next `npm ci`. Adds an entry for each, by name and exact
// version; `npm ci` fetches such an entry on its own platform only.
//
// node scripts/complete-lockfile.mjs [LOCKFILE]
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];

/** What a package of this name runs on, by the words in its name. */
function platformOf(name) {
  const words = name.split('/').at(-1).split('-');
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  return { ...(os.length > 0 ? { os } : {}), ...(cpu.length > 0 ? { cpu } : {}) };
}

const file = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = {};
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const isThere = Object.keys(lock.packages).some(
      (other) => other === `node_modules/${name}` || other === `${path}/node_modules/${name}`,
    );
    const platform = platformOf(name);
    if (isThere || !/^\d/.test(version) || Object.keys(platform).length === 0) continue;
    added[`node_modules/${name}`] = {
      version,
      ...(platform.cpu ? { cpu: platform.cpu } : {}),
      ...(dev ? { dev } : {}),
      optional: true,
      ...(platform.os ? { os: platform.os } : {}),
    };
  }
}
const [root, ...rest] = Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) =>
  a < b ? -1 : 1,
);
lock.packages = Object.fromEntries([root, ...rest]);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${String(Object.keys(added).length)} packages of other platforms added\n`);
