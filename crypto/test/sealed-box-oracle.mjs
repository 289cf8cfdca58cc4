/**
 * The sealed box written down a second time, straight from docs/protocol.md §4.6, with the curve in
 * schoolbook arithmetic and nothing of the package or its libraries.
 */
import { createCipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';

const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const G = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
];

const mod = (a) => ((a % P) + P) % P;
function inverse(a) {
  let [r, s] = [mod(a), P];
  let [x, y] = [1n, 0n];
  while (s !== 0n) {
    const quotient = r / s;
    [r, s] = [s, r - quotient * s];
    [x, y] = [y, x - quotient * y];
  }
  return mod(x);
}

function add(a, b) {
  if (a === null) return b;
  if (b === null) return a;
  if (a[0] === b[0] && mod(a[1] + b[1]) === 0n) return null;
  const slope =
    a[0] === b[0] ? 3n * a[0] * a[0] * inverse(2n * a[1]) : (b[1] - a[1]) * inverse(b[0] - a[0]);
  const x = mod(slope * slope - a[0] - b[0]);
  return [x, mod(slope * (a[0] - x) - a[1])];
}

function multiply(point, scalar) {
  let result = null;
  for (let p = point, k = scalar; k > 0n; k >>= 1n, p = add(p, p)) {
    if (k & 1n) result = add(result, p);
  }
  return result;
}

const bytes32 = (n) => Buffer.from(n.toString(16).padStart(64, '0'), 'hex');
const integer = (bytes) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const compress = ([x, y]) => Buffer.concat([Buffer.from([y & 1n ? 3 : 2]), bytes32(x)]);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

/** First block of the deterministic generator: the ephemeral key unless it is out of range. */
function ephemeralKey(entropy, context) {
  const salt = Buffer.from('emr-share/derived-rng/v1');
  const key = Buffer.from(hkdfSync('sha256', entropy, salt, sha256(context), 32));
  return integer(createHmac('sha256', key).update(Buffer.alloc(4)).digest());
}

export function oracleSeal({ recipientSk, plaintext, context, entropy }) {
  const recipientPoint = multiply(G, integer(recipientSk));
  const recipientPk = compress(recipientPoint);
  const contextHash = sha256(context);
  const ephemeralSk = ephemeralKey(
    entropy,
    Buffer.concat([
      Buffer.from('emr-share/sealed-box/v1/ephemeral'),
      recipientPk,
      contextHash,
      sha256(plaintext),
    ]),
  );
  if (ephemeralSk === 0n || ephemeralSk >= N) throw new Error('drawn again: not in this oracle');
  const ephemeralPk = compress(multiply(G, ephemeralSk));
  const shared = compress(multiply(recipientPoint, ephemeralSk));
  const info = Buffer.concat([
    Buffer.from('emr-share/sealed-box/v1'),
    Buffer.from([1]),
    ephemeralPk,
    recipientPk,
    contextHash,
  ]);
  const okm = Buffer.from(hkdfSync('sha256', shared, new Uint8Array(0), info, 44));
  const cipher = createCipheriv('chacha20-poly1305', okm.subarray(0, 32), okm.subarray(32), {
    authTagLength: 16,
  }).setAAD(contextHash, { plaintextLength: plaintext.length });
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const start = Buffer.from([1, 1]);
  return new Uint8Array(Buffer.concat([start, ephemeralPk, ciphertext, cipher.getAuthTag()]));
}
