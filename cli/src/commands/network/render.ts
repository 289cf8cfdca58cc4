/**
 * `emr network render`: files by which something else runs the nodes.
 *
 * @module
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  DEPLOYMENT_FORMATS,
  type DeploymentFormat,
  loadTopology,
  renderDeployment,
  secretEnvironments,
} from '@emr-share/network';
import { Command, Option } from 'commander';
import { Call } from '../../call.js';
import type { Host } from '../../host.js';
import { writeOutFile } from '../../network-output/out-file.js';

interface RenderOptions {
  readonly topology: string;
  readonly format: DeploymentFormat;
  readonly out: string;
  readonly host?: string;
  readonly secretsOf?: string;
}

const HELP = `
The files hold no secret. They take the folder that emr network up made on the host as
/var/lib/emr-network, and each node gets its own part of it only. What a peer needs to reach its
contract service has a private key in it: --secrets-of writes those files, mode 0600, to be
installed as /var/lib/emr-network/env/NODE.env, or as the Secret NODE-env in Kubernetes.`;

async function writeAll(
  out: string,
  files: Readonly<Record<string, string>>,
  mode?: number,
): Promise<string[]> {
  await mkdir(out, { recursive: true, ...(mode === undefined ? {} : { mode: 0o700 }) });
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const path = join(out, name);
    await writeOutFile(path, text, mode);
    paths.push(path);
  }
  return paths;
}

/** Makes the command for one call. */
export function renderCommand(host: Host): Command {
  return new Command('render')
    .description('write deployment files: systemd units, a Compose file, Kubernetes manifests')
    .addOption(
      new Option('--format <format>', 'which')
        .choices([...DEPLOYMENT_FORMATS])
        .makeOptionMandatory(),
    )
    .requiredOption('--out <dir>', 'folder for them')
    .option('--topology <file>', 'topology file or profile', 'dev')
    .option('--host <name>', "only the nodes of that one of the topology's hosts")
    .option('--secrets-of <dir>', "also the secret variables, from that network's folder")
    .addHelpText('after', HELP)
    .action(async (options: RenderOptions, command: Command) => {
      const call = new Call(host, command);
      const topology = await loadTopology(options.topology);
      const out = resolve(options.out);
      const files = renderDeployment(topology, options.format, options.host ?? null);
      const written = await writeAll(out, files);
      const { secretsOf } = options;
      const secrets =
        secretsOf === undefined
          ? []
          : await writeAll(join(out, 'secrets'), await secretEnvironments(secretsOf), 0o600);
      call.output.result({ files: written, secrets }, [...written, ...secrets].join('\n'));
    });
}
