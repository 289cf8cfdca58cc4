/**
 * `emr network tools`: the programs that the network is made of.
 *
 * @module
 */
import { loadTopology, type Origin, resolveTools } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../call.js';
import type { Host } from '../../host.js';
import { PlanDisplay } from '../../network-output/plan-display.js';
import { table } from '../../output/table.js';

interface ToolsOptions {
  readonly topology: string;
}

const ORIGINS: Readonly<Record<Origin, string>> = {
  folder: 'EMR_TOOLS',
  path: 'PATH',
  cache: 'cache',
  release: 'downloaded now',
  source: 'built now',
};

const ENVIRONMENT_HELP = `
They are taken from the first place that has the right version:
  EMR_TOOLS    a folder with the programs
  PATH
  the cache of earlier calls
  EMR_MIRROR   the official releases, or a mirror's base URL for them
  EMR_SOURCES  a folder of source archives to build from with Go; else a clone of the tag`;

/** Makes the command for one call. */
export function toolsCommand(host: Host): Command {
  return new Command('tools')
    .description('obtain the programs of the network, and say where each came from')
    .option('--topology <file>', 'topology file or profile: it names the versions', 'dev')
    .addHelpText('after', ENVIRONMENT_HELP)
    .action(async (options: ToolsOptions, command: Command) => {
      const { output, signal } = new Call(host, command);
      const topology = await loadTopology(options.topology);
      const display = new PlanDisplay(host, output);
      const { onProgress } = display;
      const tools = await resolveTools(topology.tools, { onProgress, signal });
      display.stop();
      const report = tools.report();
      const rows = report.map(({ title, version, origin, dir }) => [
        title,
        version,
        ORIGINS[origin],
        dir,
      ]);
      output.result({ tools: report }, table(['product', 'version', 'from', 'folder'], rows, ''));
    });
}
