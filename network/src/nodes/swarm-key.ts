import { randomBytes } from 'node:crypto';
import { readIfThere, writeSecret } from '../files/atomic.js';

const KEY_BYTES = 32;
const FORM = /^\/key\/swarm\/psk\/1\.0\.0\/\n\/base16\/\n[0-9a-f]{64}\n$/;

/** Whether the text is a key of a private swarm in the form that Kubo reads. */
export function isSwarmKey(text: string): boolean {
  return FORM.test(text);
}

/** The key that every member of the swarm has; made once. */
export async function ensureSwarmKey(path: string): Promise<void> {
  if ((await readIfThere(path)) !== null) return;
  const key = randomBytes(KEY_BYTES).toString('hex');
  await writeSecret(path, `/key/swarm/psk/1.0.0/\n/base16/\n${key}\n`);
}
