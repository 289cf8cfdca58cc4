/**
 * `npm run demo`: connects {@link runDemo} to the process.
 *
 * @module
 */
import { runProcess } from '../process-host.js';
import { runDemo } from './run-demo.js';

await runProcess((args, host) => runDemo(args, host));
