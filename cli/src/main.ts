#!/usr/bin/env node
/**
 * The `emr` command: connects {@link run} to the process.
 *
 * @module
 */
import { runProcess } from './process-host.js';
import { run } from './run.js';

await runProcess((args, host) => run(args, host));
