// Makes or opens a whole consortium, admins and custodian keys included. Runs on the built package.
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { Consortium } from '../../dist/index.js';

const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

const [directory] = process.argv.slice(2);
say({ kind: 'ready' });
await once(process.stdin, 'data');
const consortium = await Consortium.open({ directory, waitMs: 60_000 });
say({ kind: 'open' });
await consortium.close();
setInterval(() => undefined, 1000);
