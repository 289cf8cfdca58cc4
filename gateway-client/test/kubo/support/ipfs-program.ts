/** Where the tests find Kubo. */
import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defaultToolCache } from '@emr-share/network';

const VERSION = '0.42.0';

/** `EMR_TOOLS`, then what `emr network tools` has fetched or built; `null` where it is nowhere. */
export function findIpfs(): string | null {
  const { EMR_TOOLS: tools } = process.env;
  const folders = tools === undefined ? [] : [tools, join(tools, 'bin')];
  const candidates = [...folders, ...cached()].map((folder) => join(folder, 'ipfs'));
  return candidates.find(isProgram) ?? null;
}

function cached(): string[] {
  const cache = defaultToolCache();
  try {
    return readdirSync(cache)
      .filter((name) => name.startsWith(`kubo-${VERSION}-`))
      .map((name) => join(cache, name, 'bin'));
  } catch {
    return [];
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
