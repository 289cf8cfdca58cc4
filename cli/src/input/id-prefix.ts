/**
 * Short forms of 128-bit IDs, as with commit hashes.
 *
 * @module
 */
import { CliError } from '../errors/cli-error.js';

const ID_DIGITS = 32;
const MIN_DIGITS = 6;

/** An ID, or the beginning of one, as typed. Throws CliError `USAGE`. */
export function parseIdPrefix(text: string): string {
  const prefix = text.toLowerCase();
  if (new RegExp(`^[0-9a-f]{${String(MIN_DIGITS)},${String(ID_DIGITS)}}$`).test(prefix)) {
    return prefix;
  }
  throw new CliError(
    'USAGE',
    `an ID has ${String(ID_DIGITS)} hex digits; its first ${String(MIN_DIGITS)} or more will do where they are unique`,
  );
}

export function isWholeId(prefix: string): boolean {
  return prefix.length === ID_DIGITS;
}

/**
 * The one ID that starts with `prefix`; `null` where none does.
 *
 * @throws CliError `ID_AMBIGUOUS` where several do.
 */
export async function completeId(
  prefix: string,
  ids: AsyncIterable<string>,
): Promise<string | null> {
  const found = new Set<string>();
  for await (const id of ids) {
    if (id.startsWith(prefix)) found.add(id);
  }
  const [id = null, ...others] = found;
  if (others.length === 0) return id;
  throw new CliError(
    'ID_AMBIGUOUS',
    `${String(found.size)} IDs start with ${prefix}; give more digits`,
    { details: { prefix, candidates: [...found].slice(0, 10) } },
  );
}
