import { createPublicKey } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateP256 } from '../src/ca/p256.js';
import { Consortium } from '../src/consortium.js';
import { TemporaryDirectory } from './support/temporary-directory.js';

describe('Consortium', () => {
  let directory: TemporaryDirectory;

  beforeEach(async () => {
    directory = await TemporaryDirectory.create();
  });
  afterEach(() => directory.remove());

  const open = (options: Partial<Parameters<typeof Consortium.open>[0]> = {}) =>
    Consortium.open({ directory: directory.path, ...options });

  it('is made at the first opening: three organizations, their admins and custodian keys', async () => {
    await using consortium = await open();
    expect(consortium.organizations).toEqual(['HospAMSP', 'HospBMSP', 'HospCMSP']);
    const admin = consortium.admin('HospAMSP');
    const ledger = consortium.ledger(admin.identity);
    const { custodians } = await ledger.evaluate('registry:ListCustodians', {});
    expect(custodians.map(({ mspId, generation }) => [mspId, generation])).toEqual([
      ['HospAMSP', 1],
      ['HospBMSP', 1],
      ['HospCMSP', 1],
    ]);
    for (const { mspId, publicKey } of custodians) {
      const options = { organizations: [mspId] };
      const own = await ledger.evaluate('registry:GetCustodianKey', {}, options);
      expect(own.publicKey).toBe(publicKey);
    }
    expect(new Set(custodians.map(({ publicKey }) => publicKey)).size).toBe(3);
    expect(await ledger.evaluate('registry:GetUser', { userId: 'admin.hospb' })).toMatchObject({
      role: 'admin',
      mspId: 'HospBMSP',
      status: 'active',
    });
  });

  it('is the same one at the next opening, and files nothing for it', async () => {
    const first = await open();
    const before = await first.verify();
    const { certificatePem } = first.admin('HospAMSP').identity;
    await first.close();
    await using second = await open({ organizations: ['HospAMSP', 'HospBMSP', 'HospCMSP'] });
    expect(await second.verify()).toEqual(before);
    expect(second.admin('HospAMSP').identity.certificatePem).toBe(certificatePem);
  });

  it('can have other organizations, from one on', async () => {
    await using consortium = await open({ organizations: ['ClinicMSP'] });
    expect(consortium.admin('ClinicMSP').userId).toBe('admin.clinic');
    expect((await consortium.verify()).organizations).toHaveLength(1);
  });

  it.each([
    ['none', []],
    ['one twice', ['HospAMSP', 'HospAMSP']],
    ['two with one admin', ['HospAMSP', 'hospamsp']],
    ['no MSP ID', ['../etc']],
  ])('refuses organizations: %s', async (_, organizations) => {
    await expect(open({ organizations })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('refuses to be opened as another one', async () => {
    await (await open({ organizations: ['HospAMSP', 'HospBMSP'] })).close();
    await expect(open({ organizations: ['HospAMSP', 'HospXMSP'] })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });

  it('is busy while somebody has it open', async () => {
    await using _first = await open();
    await expect(open({ waitMs: 100 })).rejects.toMatchObject({
      code: 'LEDGER_BUSY',
      details: { path: directory.path },
    });
  });

  it('waits for whoever has it open, and no longer when the signal aborts', async () => {
    const first = await open();
    const waiting = open({ waitMs: 30_000 });
    const abort = new AbortController();
    const aborted = open({ waitMs: 30_000, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await first.close();
    await (await waiting).close();
  });

  it('refuses a path that is a file, and a folder that holds something else', async () => {
    const file = join(directory.path, 'file');
    await writeFile(file, 'x');
    await expect(Consortium.open({ directory: file })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    const full = join(directory.path, 'full');
    await mkdir(join(full, 'organizations', 'theirs'), { recursive: true });
    await expect(Consortium.open({ directory: full })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    expect(await readdir(join(full, 'organizations'))).toEqual(['theirs']);
  });

  it('refuses a consortium.json that it did not write', async () => {
    await writeFile(join(directory.path, 'consortium.json'), '{"version":2}');
    await expect(open()).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('says so when a custodian file was lost and made anew', async () => {
    await (await open()).close();
    await rm(join(directory.path, 'organizations', 'HospBMSP', 'custodian.json'));
    await expect(open()).rejects.toThrow(/custodian file of HospBMSP .* restore it/);
  });

  it('keeps every secret in a file that nobody else can read', async () => {
    await (await open()).close();
    const entries = await readdir(directory.path, { recursive: true, withFileTypes: true });
    const secrets = entries.filter(({ name }) =>
      /^(key\.pem|seed\.hex|custodian\.json)$/.test(name),
    );
    expect(secrets).toHaveLength(15);
    for (const { parentPath, name } of secrets) {
      const { mode } = await stat(join(parentPath, name));
      expect(mode & 0o077).toBe(0);
    }
  });

  it('enrols a user whose key is made, or whose key is given', async () => {
    await using consortium = await open();
    const made = await consortium.enrol('HospBMSP', {
      userId: 'dr.made',
      role: 'physician',
      department: 'cardiology',
    });
    expect(consortium.ledger(made.identity).userId).toBe('dr.made');
    expect(createPublicKey(made.privateKeyPem).asymmetricKeyType).toBe('ec');

    const { publicKey } = await generateP256();
    const publicKeyPem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const given = await consortium.enrol('HospBMSP', {
      userId: 'dr.given',
      role: 'physician',
      publicKeyPem,
    });
    expect(given).toEqual({ mspId: 'HospBMSP', certificatePem: given.certificatePem });
  });

  it.each([
    ['user ID', 'HospAMSP', { userId: 'Dr. No', role: 'physician' }],
    ['role', 'HospAMSP', { userId: 'dr.no', role: 'king' }],
    ['department', 'HospAMSP', { userId: 'dr.no', role: 'physician', department: 'A/B' }],
    ['organization', 'HospXMSP', { userId: 'dr.no', role: 'physician' }],
  ])('refuses an enrolment with a bad %s', async (_, mspId, options) => {
    await using consortium = await open({ organizations: ['HospAMSP'] });
    await expect(consortium.enrol(mspId, options as never)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });

  it('does not hear a user whose enrolment was revoked', async () => {
    await using consortium = await open();
    const { identity } = await consortium.enrol('HospAMSP', {
      userId: 'dr.gone',
      role: 'physician',
    });
    const ledger = consortium.ledger(identity);
    await ledger.evaluate('registry:ListCustodians', {});
    await consortium.revokeEnrolment('HospAMSP', 'dr.gone');
    await expect(ledger.evaluate('registry:ListCustodians', {})).rejects.toMatchObject({
      code: 'CERTIFICATE_REFUSED',
    });
  });

  it('refuses calls after it was closed, ends event streams, and closes once', async () => {
    const consortium = await open({ organizations: ['HospAMSP'] });
    const ledger = consortium.ledger(consortium.admin('HospAMSP').identity);
    const listening = (async () => {
      for await (const event of ledger.events()) expect(event).toBeUndefined();
      return 'ended';
    })();
    await consortium.close();
    await consortium.close();
    expect(await listening).toBe('ended');
    await expect(ledger.evaluate('registry:ListCustodians', {})).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
    });
  });
});
