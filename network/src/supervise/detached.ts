/**
 * The supervisor as a process of the network: started with it, stopped with it.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { readIfThere } from '../files/atomic.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { stopRecorded } from '../nodes/run-node.js';
import { livenessOf, readProcessRecord } from '../process/process-record.js';
import { launchFingerprint, type ProcessLaunch, startProcess } from '../process/start-process.js';
import type { ToolOptions } from '../tools/origin.js';
import { openNetwork } from '../up/open-network.js';
import type { SupervisorEvent } from './supervisor-event.js';

/** No node's name: those have a dot. */
export const SUPERVISOR = 'supervisor';

const PROGRAM = fileURLToPath(new URL('../../dist/supervise/main.js', import.meta.url));
/** It may have to finish the restart of a node. */
const GRACE_MS = 5_000;

type ToolFolders = Pick<ToolOptions, 'folder' | 'sources' | 'mirror' | 'cacheDir'>;

function launch(paths: NetworkPaths, options: ToolFolders): ProcessLaunch {
  const { folder, sources, mirror, cacheDir } = options;
  const { HOME, XDG_CACHE_HOME, EMR_TOOLS, EMR_SOURCES, EMR_MIRROR } = process.env;
  const passedOn = { HOME, XDG_CACHE_HOME, EMR_TOOLS, EMR_SOURCES, EMR_MIRROR };
  const env = Object.entries(passedOn).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return {
    node: SUPERVISOR,
    command: [
      process.execPath,
      PROGRAM,
      paths.dir,
      JSON.stringify({ folder, sources, mirror, cacheDir }),
    ],
    env: Object.fromEntries(env),
    cwd: paths.dir,
    log: paths.log(SUPERVISOR),
    record: paths.record(SUPERVISOR),
  };
}

/** Starts the supervisor where it does not run. Does not wait until it watches. */
export async function startSupervisor(
  paths: NetworkPaths,
  options: ToolFolders = {},
): Promise<void> {
  const wanted = launch(paths, options);
  const record = await readProcessRecord(wanted.record);
  if (record !== null && (await livenessOf(record)) === 'running') {
    if (record.launch === launchFingerprint(wanted)) return;
    await stopSupervisor(paths);
  }
  await startProcess(wanted);
}

/** Ends the supervisor where it runs. */
export async function stopSupervisor(paths: NetworkPaths): Promise<void> {
  await stopRecorded(paths.record(SUPERVISOR), GRACE_MS);
}

export type LoggedEvent = SupervisorEvent & { at: string };

const Logged = v.looseObject({ at: v.string(), kind: v.string() });

function loggedEvent(line: string): LoggedEvent | null {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Logged), line);
  return parsed.success ? (parsed.output as LoggedEvent) : null;
}

/** Whether a supervisor runs beside a network, and what it has logged so far. */
export interface SupervisorReport {
  /** `null`: none was started with the network, or it has ended. */
  pid: number | null;
  events: readonly LoggedEvent[];
}

/** @throws {@link NetworkError} NETWORK_NOT_FOUND, STATE_INVALID */
export async function supervisorReport(dir: string): Promise<SupervisorReport> {
  const { paths } = await openNetwork(dir);
  const record = await readProcessRecord(paths.record(SUPERVISOR));
  const isRunning = record !== null && (await livenessOf(record)) === 'running';
  const log = (await readIfThere(paths.log(SUPERVISOR))) ?? '';
  const events = log.split('\n').flatMap((line) => loggedEvent(line) ?? []);
  return { pid: isRunning ? record.pid : null, events };
}
