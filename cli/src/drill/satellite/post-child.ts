/**
 * An emergency post: a process on a host of its own that has nothing but a client.
 *
 * @module
 */
import { problemOf } from '@emr-share/network';
import type { FromPost, ToPost } from './post-messages.js';
import { type Post, setUpPost } from './post.js';

const tell = (message: FromPost): void => void process.send?.(message);

let post: Post | undefined;

async function act(message: ToPost): Promise<void> {
  if (message.kind === 'set-up') post = await setUpPost(message);
  if (message.kind === 'warm-up') await post?.warmUp();
  if (message.kind !== 'declare') {
    tell({ kind: 'ready' });
    return;
  }
  if (post === undefined) throw new TypeError('the post is not set up');
  tell({ kind: 'emergency', emergency: await post.declare() });
}

process.on('message', (message: ToPost) => {
  act(message).catch((error: unknown) => {
    tell({ kind: 'failed', problem: problemOf(error) });
  });
});
process.once('disconnect', () => process.exit());
