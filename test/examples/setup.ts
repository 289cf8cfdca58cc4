/**
 * The stage of the example: a consortium in `emr-data`, a patient and a physician whom two of its
 * hospitals certify, and a record to share. In real life a keyring comes out of a `KeystoreFile`.
 *
 * @module
 */
import { Consortium } from '@emr-share/embedded';
import { Keyring } from '@emr-share/gateway-client';
import { fileSource } from '@emr-share/gateway-client/node';

const consortium = await Consortium.open({ directory: 'emr-data' });
const meier = await consortium.enrol('HospAMSP', { userId: 'p.meier', role: 'patient' });
const wong = await consortium.enrol('HospBMSP', { userId: 'd.wong', role: 'physician' });

export const { blobs } = consortium;
export const asPatient = {
  ledger: consortium.ledger(meier.identity),
  keyring: Keyring.random(),
};
export const asPhysician = {
  ledger: consortium.ledger(wong.identity),
  keyring: Keyring.random(),
};
export const bundle = await fileSource('bundle.json');
export const close = (): Promise<void> => consortium.close();
