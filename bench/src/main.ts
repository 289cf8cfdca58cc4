/**
 * The bench command: `npm run bench -- pre`, `npm run bench -- content`.
 *
 * @module
 */
import { Command, Option } from 'commander';
import { parseCount, parseRate, parseSeconds, parseSize } from './arguments.js';
import type { SoakOptions } from './soak/soak.js';

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

program
  .command('soak')
  .description('a network at saturation whose orderers are killed and restarted, one at a time')
  .option('--minutes <count>', 'how long the load runs', parseCount, 30)
  .option('--rate <count>', 'transactions a second, or "saturation"', parseRate)
  .option('--in-flight <count>', 'transactions under way at once', parseCount, 48)
  .option('--kill-every <seconds>', 'from one kill to the next; "never"', parseSeconds, 60)
  .option('--down-for <seconds>', 'how long a killed orderer is down', parseSeconds, 10)
  .addOption(
    new Option('--victims <which>', 'the leader and another one in turn, or always the leader')
      .choices(['mixed', 'leader'])
      .default('mixed'),
  )
  .option('--seed <number>', 'of the choice of victims', parseCount, 1)
  .option('--topology <file>', 'topology file or profile', 'dev')
  .option('--base-port <port>', "first port of the network's 1000", parseCount, 30_000)
  .option('--no-supervise', 'without the supervisor')
  .option('--keep <path>', 'folder of the network, which is left there, stopped')
  .option('--json', 'print everything that was seen in place of the summary', false)
  .action(async (options: SoakOptions) => {
    const { runSoak } = await import('./soak/soak.js');
    await runSoak(options);
  });

program
  .command('soak-figure')
  .description('a picture of a soak, as SVG')
  .argument('<file>', 'what soak --json printed')
  .action(async (file: string) => {
    const { printSoakFigure } = await import('./soak/figure.js');
    await printSoakFigure(file);
  });

await program.parseAsync();
