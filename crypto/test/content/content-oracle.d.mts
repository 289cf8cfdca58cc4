export declare function oracleEncrypt(input: {
  readonly plaintext: Uint8Array;
  readonly dek: Uint8Array;
  readonly context: Uint8Array;
  readonly salt: Uint8Array;
  readonly chunkSizeLog2: number;
}): Uint8Array;
