/** The same pieces, each shown to `see` as it passes. */
export async function* tapped(
  pieces: AsyncIterable<Uint8Array>,
  see: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of pieces) {
    see(piece);
    yield piece;
  }
}
