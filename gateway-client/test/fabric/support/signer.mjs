// A keystore in a process of its own: it answers each line of JSON on its standard input with one on
// its standard output. The private key never leaves it.
// node signer.mjs KEYSTORE USER MSP ROLE
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { KeystoreFile } from '@emr-share/gateway-client/node';

const [, , path, userId, mspId, role] = process.argv;
const passphrase = randomBytes(16).toString('hex');
const scryptCost = { N: 1024, r: 8, p: 1 };
let keystore = await KeystoreFile.create(path, { userId, mspId, role, passphrase, scryptCost });

const answers = {
  request: () => keystore.certificateRequest(),
  certify: async (certificatePem) => {
    await KeystoreFile.addCertificate(path, certificatePem);
    keystore = await KeystoreFile.open(path, passphrase);
    return certificatePem;
  },
  sign: async (digestHex) =>
    Buffer.from(await keystore.identity().sign(Buffer.from(digestHex, 'hex'))).toString('hex'),
};
for await (const line of createInterface({ input: process.stdin })) {
  const { id, ask, text } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify({ id, answer: await answers[ask](text) })}\n`);
}
