/**
 * Writes umbral.json beside it: what `@nucypher/umbral-pre` gives for recorded randomness.
 *
 *     node crypto/test/umbral/vectors/generate.mjs
 *
 * The same bytes at every run. All values are hex.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as umbral from '@nucypher/umbral-pre';

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const utf8 = (text) => new TextEncoder().encode(text);

let counter = 0;
let recorded = [];
/** Block i of the stream is SHA-256 of `umbral vectors <i>`; each draw starts a new block. */
function drawInto(array) {
  const blocks = [];
  for (let size = 0; size < array.length; size += 32) {
    blocks.push(createHash('sha256').update(`umbral vectors ${counter}`).digest());
    counter += 1;
  }
  array.set(Buffer.concat(blocks).subarray(0, array.length));
  recorded.push(Uint8Array.from(array));
  return array;
}
globalThis.crypto.getRandomValues = drawInto;

/** Runs `run` and returns its result with the randomness that it drew. */
function recording(run) {
  recorded = [];
  const result = run();
  return [result, hex(Buffer.concat(recorded))];
}

const keyPairs = Array.from({ length: 4 }, () => {
  const [sk, random] = recording(() => umbral.SecretKey.random());
  return { sk, pk: sk.publicKey(), random };
});
const [delegating, receiving, signing] = keyPairs;
const signer = new umbral.Signer(signing.sk);

const factories = ['', 'scope/imaging/1', 'é'].map((text) => {
  const [factory, seed] = recording(() => umbral.SecretKeyFactory.random());
  const label = utf8(text);
  return {
    seed,
    label: hex(label),
    key: hex(factory.makeKey(label).toBEBytes()),
    secret: hex(factory.makeSecret(label)),
    keyOfFactory: hex(factory.makeFactory(label).makeKey(label).toBEBytes()),
  };
});

const signatures = ['', 'a', 'x'.repeat(200)].map((text) => {
  const [signature, random] = recording(() => signer.sign(utf8(text)));
  return {
    message: hex(utf8(text)),
    random,
    signature: hex(signature.toBEBytes()),
    der: hex(signature.toDerBytes()),
  };
});

const encryptions = [0, 1, 32, 100].map((length) => {
  const plaintext = new Uint8Array(length).map((_, i) => i * 7 + length);
  const [[capsule, ciphertext], random] = recording(() => umbral.encrypt(delegating.pk, plaintext));
  return { plaintext, capsule, ciphertext, random };
});
const { capsule, ciphertext, plaintext } = encryptions[2];

const delegations = [
  [1, 1, true, true],
  [2, 3, true, true],
  [2, 2, true, false],
  [2, 2, false, true],
  [3, 5, false, false],
].map(([threshold, shares, signDelegatingKey, signReceivingKey]) => {
  const [kfrags, random] = recording(() =>
    umbral.generateKFrags(
      delegating.sk,
      receiving.pk,
      signer,
      threshold,
      shares,
      signDelegatingKey,
      signReceivingKey,
    ),
  );
  const answers = kfrags.map((kfrag) => {
    const [cfrag, nonce] = recording(() => umbral.reencrypt(capsule, kfrag));
    const evidence = new umbral.ReencryptionEvidence(
      capsule,
      cfrag,
      signing.pk,
      delegating.pk,
      receiving.pk,
    );
    return { cfrag, random: nonce, evidence };
  });
  const opened = umbral.decryptReencrypted(
    receiving.sk,
    delegating.pk,
    capsule,
    answers.slice(shares - threshold).map(({ cfrag }) => cfrag),
    ciphertext,
  );
  if (hex(opened) !== hex(plaintext)) throw new Error('umbral-pre did not open its own answers');
  return {
    threshold,
    signDelegatingKey,
    signReceivingKey,
    random,
    kfrags: kfrags.map((kfrag) => hex(kfrag.toBytes())),
    answers: answers.map((answer) => ({
      random: answer.random,
      cfrag: hex(answer.cfrag.toBytes()),
      cfragSimple: hex(answer.cfrag.toBytesSimple()),
      evidence: hex(answer.evidence.toBytes()),
    })),
  };
});

const { version } = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('@nucypher/umbral-pre/package.json'), 'utf8'),
);
const vectors = {
  source: `@nucypher/umbral-pre ${version}`,
  keys: keyPairs.map(({ sk, pk, random }) => ({
    random,
    sk: hex(sk.toBEBytes()),
    pk: hex(pk.toCompressedBytes()),
  })),
  roles: 'keys[0] delegates, keys[1] receives, keys[2] signs; encryptions[2] is re-encrypted',
  factories,
  signatures,
  encryptions: encryptions.map((encryption) => ({
    random: encryption.random,
    plaintext: hex(encryption.plaintext),
    capsule: hex(encryption.capsule.toBytes()),
    capsuleSimple: hex(encryption.capsule.toBytesSimple()),
    ciphertext: hex(encryption.ciphertext),
  })),
  delegations,
};
writeFileSync(new URL('umbral.json', import.meta.url), `${JSON.stringify(vectors, null, 2)}\n`);
