/**
 * Listings, one item at a time over as many pages as there are.
 *
 * @module
 */

/** A page of a listing. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page starts; left out on the last one. */
  readonly bookmark?: string | undefined;
}

/** Yields every item. A page is asked for when the one before it is used up. */
export async function* overPages<T>(
  page: (bookmark: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T, void, void> {
  let bookmark: string | undefined;
  do {
    const { items, bookmark: next } = await page(bookmark);
    yield* items;
    bookmark = next;
  } while (bookmark !== undefined && bookmark !== '');
}

/** All items of a listing. Node 20 has no `Array.fromAsync`. */
export async function allItems<T>(listing: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of listing) items.push(item);
  return items;
}
