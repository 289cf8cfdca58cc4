import { describe, expect, it } from '@jest/globals';
import { KuboBlobStore } from '@emr-share/gateway-client/kubo';

describe('a Kubo blob store', () => {
  it.each([
    [0, undefined],
    [1, 2],
    [2, 0],
    [2, 1.5],
  ])('refuses %p nodes for %p replicas', (count, replicas) => {
    const nodes = Array.from({ length: count }, () => ({ url: 'http://127.0.0.1:1' }));
    expect(() => new KuboBlobStore({ nodes, replicas })).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
  });

  it('says STORE_UNAVAILABLE where no node answers, and closes the source', async () => {
    const store = new KuboBlobStore({ nodes: [{ url: 'http://127.0.0.1:1' }] });
    const down = { code: 'STORE_UNAVAILABLE', details: { endpoint: 'http://127.0.0.1:1' } };
    let isClosed = false;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false as const, value: new Uint8Array(1) }),
        return: () => {
          isClosed = true;
          return Promise.resolve({ done: true as const, value: undefined });
        },
      }),
    };
    await expect(store.put(source)).rejects.toMatchObject(down);
    expect(isClosed).toBe(true);
    const cid = 'bafkreigaknpexyvxt76zgkitavbwx6ejgfheup5oybpm77f3pxzrvwpfdi';
    await expect(store.stat(cid)).rejects.toMatchObject(down);
    await expect(store.commit(cid)).rejects.toMatchObject(down);
    await expect(store.discard(cid)).rejects.toMatchObject(down);
    const isReferenced = () => Promise.resolve(false);
    await expect(store.collect({ isReferenced, olderThanMs: 0 })).rejects.toMatchObject(down);
  });
});
