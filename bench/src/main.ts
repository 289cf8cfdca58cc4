/**
 * The bench command: `npm run bench -- pre`, `npm run bench -- content`.
 *
 * @module
 */
import { Command } from 'commander';
import { parseCount, parseSize } from './arguments.js';

const program = new Command('bench')
  .description('Benchmarks of emr-share, each against a rival in the same run.')
  .showHelpAfterError();

program
  .command('pre')
  .description('proxy re-encryption on each backend, beside umbral-pre')
  .option('--json', 'print JSON in place of the table', false)
  .action(async (options: { json: boolean }) => {
    const { runPreBench } = await import('./pre.js');
    await runPreBench(options);
  });

program
  .command('content')
  .description('encrypted content in the embedded store, beside the bare store')
  .option('--max <size>', 'leave larger sizes out: 10kB, 1MB, 1GB', parseSize, 1e9)
  .option('--rounds <count>', 'pairs to measure for each size', parseCount, 5)
  .option('--directory <path>', 'where to measure; default the temporary folder')
  .option('--cold', 'fetch from the disk, not from the page cache (Linux)', false)
  .option('--json', 'print JSON in place of the table', false)
  .action(
    async (options: {
      max: number;
      rounds: number;
      directory?: string;
      cold: boolean;
      json: boolean;
    }) => {
      const { runContentBench } = await import('./content.js');
      await runContentBench({ ...options, maxBytes: options.max });
    },
  );

await program.parseAsync();
