/**
 * Listings as arrays.
 *
 * @module
 */

/** Everything that a listing yields. */
export async function all<T>(listing: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of listing) items.push(item);
  return items;
}
