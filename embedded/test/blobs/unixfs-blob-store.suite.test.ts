import { describeBlobStore } from '../../../test/suites/blob-store.suite.js';
import { StoreDirectory } from './store-directory.js';

describeBlobStore('UnixFS on disk', async () => {
  const directory = await StoreDirectory.create();
  return {
    store: directory.store,
    corruptOneBlock: async (cid) => {
      const blocks = await directory.blocksOf(cid);
      await directory.flipBit(blocks.at(-1)!, 1000, 3);
    },
    loseOneBlock: async (cid) => {
      const blocks = await directory.blocksOf(cid);
      await directory.removeBlock(blocks.at(-1)!);
    },
    close: () => directory.remove(),
  };
});
