/**
 * The package that tells peers how to reach the contract service. Byte for byte the same wherever it
 * is made, so that its ID (label and SHA-256) is the same on every peer.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';

const BLOCK_BYTES = 512;
const GZIP_OS_OFFSET = 9;
const GZIP_OS_UNKNOWN = 255;

/** Filled in by each organization's external builder, from its peers' environment. */
const CONNECTION = {
  dial_timeout: '10s',
  tls_required: true,
  client_auth_required: true,
  root_cert: '{{.root_cert}}',
  client_key: '{{.client_key}}',
  client_cert: '{{.client_cert}}',
};

function tarEntry(path: string, content: Buffer): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  new Header({
    path,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: content.length,
    mtime: new Date(0),
    type: 'File',
  }).encode(header, 0);
  const padding = Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES);
  return Buffer.concat([header, content, padding]);
}

/** Stored, not compressed: compressors differ from one zlib to the next, this form does not. */
function gzipStored(content: Buffer): Buffer {
  const zipped = gzipSync(content, { level: 0 });
  zipped[GZIP_OS_OFFSET] = GZIP_OS_UNKNOWN;
  return zipped;
}

function tarGz(entries: readonly (readonly [path: string, content: Buffer])[]): Buffer {
  const end = Buffer.alloc(2 * BLOCK_BYTES);
  return gzipStored(Buffer.concat([...entries.map((entry) => tarEntry(...entry)), end]));
}

export interface ContractPackage {
  label: string;
  /** `LABEL:SHA-256`. */
  id: string;
  bytes: Buffer;
}

/**
 * @param label - NAME_VERSION of the contract; a new one makes peers connect anew
 * @param isAtStandby - whether its services listen at the standby port
 */
export function makeContractPackage(label: string, isAtStandby = false): ContractPackage {
  const address = isAtStandby ? '{{.standby_address}}' : '{{.address}}';
  const connection = JSON.stringify({ address, ...CONNECTION });
  const code = tarGz([['connection.json', Buffer.from(connection)]]);
  const metadata = Buffer.from(JSON.stringify({ type: 'ccaas', label }));
  const bytes = tarGz([
    ['metadata.json', metadata],
    ['code.tar.gz', code],
  ]);
  return { label, id: `${label}:${createHash('sha256').update(bytes).digest('hex')}`, bytes };
}
