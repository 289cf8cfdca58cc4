// node register.mjs NETWORK-FOLDER MSP-ID USER: a transaction by a new user of that organization.
import { connect, Keyring } from '@emr-share/gateway-client';
import { openFabricConsortium } from '../../dist/consortium/index.js';

const [, , dir, mspId, userId] = process.argv;
const consortium = await openFabricConsortium(dir);
try {
  const identity = await consortium.enrol(mspId, { userId, role: 'physician' });
  const ledger = consortium.ledger(identity);
  const keyring = Keyring.random();
  const client = await connect({ ledger, blobs: consortium.blobs, keyring });
  await client.identity.register({ role: 'physician' });
} finally {
  await consortium[Symbol.asyncDispose]();
}
