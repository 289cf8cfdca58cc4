import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { MspId } from '@emr-share/model';
import type { Journal } from './journal.js';
import type { BeginLoad, LoadMessage, LoadTask } from './load-messages.js';

const CHILD = fileURLToPath(new URL('load-child.js', import.meta.url));

/** The processes of a load, whose patients are registered. */
export interface Load extends AsyncDisposable {
  /**
   * Runs it and writes what it sees into the journal.
   *
   * @param rate - transactions a second, of all together; left out: as many as there can be
   */
  run(journal: Journal, durationMs: number, rate?: number): Promise<void>;
}

/** Calls `take` with each message until it answers true; fails where the process ends before that. */
function untilTold(child: ChildProcess, take: (message: LoadMessage) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => {
      reject(new Error(`a process of the load ended with code ${String(code)}`));
    };
    const told = (message: unknown): void => {
      if (!take(message as LoadMessage)) return;
      child.off('message', told);
      child.off('exit', ended);
      resolve();
    };
    child.on('message', told);
    child.once('exit', ended);
  });
}

async function runChild(child: ChildProcess, journal: Journal, begin: BeginLoad): Promise<void> {
  const done = untilTold(child, (message) => {
    if (message.kind === 'seen') {
      journal.acknowledged.push(...message.acknowledged);
      journal.unanswered.push(...message.unanswered);
    }
    return message.kind === 'done';
  });
  child.send(begin);
  await done;
}

/** Starts one process for each hospital and registers so many patients in each. */
export async function startLoad(
  dir: string,
  organizations: readonly MspId[],
  patients: number,
): Promise<Load> {
  const children = organizations.map((mspId) => {
    const task: LoadTask = { dir, mspId, patients };
    return fork(CHILD, [JSON.stringify(task)], { execArgv: [] });
  });
  const end = (): Promise<void> => {
    for (const child of children) if (child.connected) child.disconnect();
    return Promise.resolve();
  };
  try {
    await Promise.all(children.map((child) => untilTold(child, ({ kind }) => kind === 'ready')));
  } catch (error) {
    await end();
    throw error;
  }
  return {
    run: async (journal, durationMs, rate) => {
      const { startedAt } = journal;
      const share = rate === undefined ? {} : { rate: rate / children.length };
      const begin = { startedAt, durationMs, ...share };
      await Promise.all(children.map((child) => runChild(child, journal, begin)));
    },
    [Symbol.asyncDispose]: end,
  };
}
