/**
 * The detached supervisor: `node main.js DIR TOOLS`. One JSON line for each event.
 *
 * @module
 */
import { problemOf } from '../errors.js';
import type { ToolOptions } from '../tools/origin.js';
import { supervise } from './supervise.js';

const [, , dir = '', tools = '{}'] = process.argv;
const ending = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.once(name, () => {
    ending.abort();
  });
}
try {
  await supervise(dir, {
    tools: JSON.parse(tools) as ToolOptions, // written by startSupervisor
    signal: ending.signal,
    onEvent: (event) => {
      process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`);
    },
  });
} catch (error) {
  process.stderr.write(`${problemOf(error)}\n`);
  process.exitCode = 1;
}
