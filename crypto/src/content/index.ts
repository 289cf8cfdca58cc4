/**
 * The content envelope: a record's bytes as a chunked authenticated stream (docs/protocol.md §5).
 *
 * @module
 */
export type { ByteStream } from './byte-source.js';
export { parseContentHeader } from './content-header.js';
export type { ContentHeader } from './content-header.js';
export type { ContentOptions } from './content-options.js';
export { contentPlaintextSizeBytes, contentSizeBytes } from './content-size.js';
export type { ContentSuite } from './content-suite.js';
export { decryptContent } from './decrypt-content.js';
export { decryptContentRange } from './decrypt-content-range.js';
export type { DecryptContentRangeOptions, ReadRange } from './decrypt-content-range.js';
export { encryptContent } from './encrypt-content.js';
export type { EncryptContentOptions } from './encrypt-content.js';
