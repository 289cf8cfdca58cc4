/**
 * Runs one content case in a process of its own, so that its peak memory is its own:
 * `node content-child.js CASE SCRATCH`, the case as JSON; writes the result as JSON.
 *
 * @module
 */
import { runContentCase } from './content-case.js';
import type { ContentCase } from './content-case.js';

const [, , json, scratch] = process.argv;
if (json === undefined || scratch === undefined) {
  throw new TypeError('usage: content-child.js CASE SCRATCH');
}
const result = await runContentCase(JSON.parse(json) as ContentCase, scratch);
process.stdout.write(JSON.stringify(result));
