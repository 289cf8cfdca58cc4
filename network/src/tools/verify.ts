/**
 * Whether a folder holds a product: every program there and executable, and of the version that it
 * reports itself.
 *
 * @module
 */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { problemOf } from '../errors.js';
import { runCommand } from '../process/run-command.js';
import type { Product, Program } from './product.js';

const REPORT_LIMIT_MS = 20_000;

/** The version number in a report: `Version: v3.1.5`, `Version: 1.5.21`, or the bare number. */
export function versionIn(report: string): string | null {
  return /(?:^|Version: v?)(\d+\.\d+\.\d+(?:-[\w.]+)?)\s*$/m.exec(report)?.[1] ?? null;
}

async function programProblem(
  path: string,
  program: Program,
  version: string,
  signal?: AbortSignal,
): Promise<string | null> {
  try {
    await access(path, constants.X_OK);
  } catch {
    return `${path} is not there or not executable`;
  }
  if (program.versionArgs === null) return null;
  try {
    const limitMs = REPORT_LIMIT_MS;
    const { all } = await runCommand(path, program.versionArgs, { limitMs, signal });
    const found = versionIn(all);
    return found === version ? null : `${path} is version ${found ?? 'unknown'}, not ${version}`;
  } catch (error) {
    signal?.throwIfAborted();
    return `${path} does not report its version: ${problemOf(error)}`;
  }
}

async function fileProblem(path: string): Promise<string | null> {
  return access(path).then(
    () => null,
    () => `${path} is not there`,
  );
}

/**
 * Why the folder cannot be used for the product; `null` where it can.
 * Programs without a version report are believed by the company they keep: they must be there.
 *
 * @param locate - path of a program or file of the product, for folders laid out otherwise
 */
export async function productProblem(
  product: Product,
  locate: (path: string) => string,
  signal?: AbortSignal,
): Promise<string | null> {
  const problems = await Promise.all([
    ...product.programs.map((program) =>
      programProblem(locate(program.path), program, product.version, signal),
    ),
    ...product.files.map((file) => fileProblem(locate(file))),
  ]);
  return problems.find((problem) => problem !== null) ?? null;
}

/** {@link productProblem} for a folder laid out as ours are. */
export async function folderProblem(
  product: Product,
  dir: string,
  signal?: AbortSignal,
): Promise<string | null> {
  return productProblem(product, (path) => join(dir, path), signal);
}
