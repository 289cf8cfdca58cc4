export declare function oracleSeal(input: {
  readonly recipientSk: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly context: Uint8Array;
  readonly entropy: Uint8Array;
}): Uint8Array;
