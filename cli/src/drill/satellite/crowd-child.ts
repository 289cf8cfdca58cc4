/**
 * A hospital's office that registers patients: a process on the hospital's host.
 *
 * @module
 */
import { loadNativeBackend, useBackend } from '@emr-share/crypto/native';
import { problemOf } from '@emr-share/network';
import { Crowd, type CrowdTask } from './crowd.js';

/** Which patients to register next; the first message says of which hospital. */
export type ToCrowd = CrowdTask & { readonly from: number; readonly to: number };

/** Said once they are registered, or not. */
export type FromCrowd =
  { readonly kind: 'registered' } | { readonly kind: 'failed'; readonly problem: string };

const native = loadNativeBackend();
if (native !== null) useBackend(native);
const tell = (message: FromCrowd): void => void process.send?.(message);

let opened: Promise<Crowd> | undefined;

async function act({ from, to, ...task }: ToCrowd): Promise<void> {
  opened ??= Crowd.open(task);
  await (await opened).register(from, to);
  tell({ kind: 'registered' });
}

process.on('message', (message: ToCrowd) => {
  act(message).catch((error: unknown) => {
    tell({ kind: 'failed', problem: problemOf(error) });
  });
});
process.once('disconnect', () => process.exit());
