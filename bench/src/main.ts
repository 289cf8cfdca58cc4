/**
 * The bench command: `npm run bench -- pre`.
 *
 * @module
 */
import { Command } from 'commander';

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

await program.parseAsync();
