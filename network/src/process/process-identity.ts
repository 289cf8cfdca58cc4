/**
 * Which process a PID is: the kernel gives PIDs out again, so a PID alone never proves that a
 * process is ours. PID and start mark together do.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { readIfThere } from '../files/atomic.js';

const run = promisify(execFile);

/** Fields of /proc/PID/stat after the command's closing parenthesis: proc(5), from `state` on. */
const STATE = 0;
const START_TICKS = 19;

async function linuxMark(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields[START_TICKS];
  if (ticks === undefined || fields[STATE] === 'Z' || fields[STATE] === 'X') return null;
  const bootId = (await readIfThere('/proc/sys/kernel/random/boot_id')) ?? '';
  return `${bootId.trim()}:${ticks}`;
}

async function portableMark(pid: number): Promise<string | null> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    const line = stdout.trim();
    return line === '' || line.startsWith('Z') ? null : line.replace(/^\S+\s+/, '');
  } catch {
    return null;
  }
}

/**
 * When the process of that PID started, as a text to compare; `null` where no such process lives.
 * Two processes that had the same PID at different times have different marks.
 */
export async function startMarkOf(pid: number): Promise<string | null> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return process.platform === 'linux' ? linuxMark(pid) : portableMark(pid);
}
