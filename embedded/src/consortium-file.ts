/**
 * `consortium.json`: what the consortium is, and the trust anchors of its organizations.
 *
 * @module
 */
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { canonicalJson, EmrError, parseJson, type MspId, type UnixMillis } from '@emr-share/model';
import { errorCode, syncDirectory } from './blobs/durable-directory.js';
import type { ConsortiumPaths } from './consortium-paths.js';
import { writeFileDurably } from './files.js';
import { ChannelConfig } from './msp/channel-config.js';
import { Organization } from './organization.js';

export interface NewConsortium {
  readonly channel: string;
  readonly organizations: readonly MspId[];
  readonly now: UnixMillis;
}

/**
 * Reads the consortium in a directory, or makes it.
 *
 * It is built aside and moved into place; `consortium.json` comes last. A kill leaves a consortium or
 * none, and the next call goes on from there.
 *
 * @throws EmrError `INPUT_INVALID` where the directory holds something else.
 */
export async function readOrCreate(
  paths: ConsortiumPaths,
  wanted: NewConsortium,
): Promise<ChannelConfig> {
  const existing = await read(paths);
  if (existing !== null) return existing;
  if ((await read(paths.building)) === null) await build(paths, wanted);
  await moveIntoPlace(paths);
  const config = await read(paths);
  if (config === null) throw notAConsortium(paths, 'consortium.json vanished');
  return config;
}

async function read(paths: ConsortiumPaths): Promise<ChannelConfig | null> {
  try {
    return parseJson(ChannelConfig, await readFile(paths.file, 'utf8'), paths.file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function build(
  paths: ConsortiumPaths,
  { channel, organizations, now }: NewConsortium,
): Promise<void> {
  if (await exists(paths.organizations)) {
    throw notAConsortium(paths, 'it has a folder organizations of something else');
  }
  const { building } = paths;
  await rm(building.root, { recursive: true, force: true });
  await mkdir(building.organizations, { recursive: true, mode: 0o700 });
  const members: ChannelConfig['organizations'] = [];
  for (const mspId of organizations) {
    members.push(await Organization.create(mspId, building.organization(mspId), now));
  }
  const config: ChannelConfig = { version: 1, channel, createdAt: now, organizations: members };
  await writeFileDurably(building.file, `${canonicalJson(config)}\n`);
}

async function moveIntoPlace(paths: ConsortiumPaths): Promise<void> {
  const { building } = paths;
  if (await exists(building.organizations)) {
    await rename(building.organizations, paths.organizations);
    await syncDirectory(paths.root);
  }
  await rename(building.file, paths.file);
  await syncDirectory(paths.root);
  await rm(building.root, { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function notAConsortium(paths: ConsortiumPaths, problem: string): EmrError {
  return new EmrError('INPUT_INVALID', { what: `the directory ${paths.root}`, problem });
}
