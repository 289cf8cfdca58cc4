import { describe, expect, it } from '@jest/globals';
import { readConnectionProfile } from '@emr-share/gateway-client/fabric';

const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
const peer = (port: number, name?: string) => ({
  url: `grpcs://127.0.0.1:${port}`,
  tlsCACerts: { pem: PEM },
  ...(name === undefined ? {} : { grpcOptions: { 'ssl-target-name-override': name } }),
});
const PROFILE = {
  name: 'emr-dev-hospb',
  version: '1.0.0',
  client: { organization: 'hospb' },
  channels: { emr: { orderers: [], peers: {} } },
  organizations: {
    hospa: { mspid: 'HospAMSP', peers: ['peer0.hospa'], certificateAuthorities: [] },
    hospb: { mspid: 'HospBMSP', peers: ['peer0.hospb'], certificateAuthorities: ['ca.hospb'] },
  },
  peers: { 'peer0.hospa': peer(1, 'peer0.hospa'), 'peer0.hospb': peer(443) },
  orderers: { 'orderer.hospa': peer(5, 'orderer.hospa') },
  certificateAuthorities: {
    'ca.hospb': { url: 'https://127.0.0.1:3', caName: 'ca', tlsCACerts: { pem: PEM } },
  },
  contract: 'emr',
  stores: [{ organization: 'hospb', url: 'http://127.0.0.1:4' }],
};
const read = (changes: object) => readConnectionProfile(JSON.stringify({ ...PROFILE, ...changes }));

describe('a connection profile', () => {
  it("gives the user's own organization first", () => {
    expect(read({})).toEqual({
      mspId: 'HospBMSP',
      channel: 'emr',
      contract: 'emr',
      gateways: [
        { name: 'peer0.hospb', mspId: 'HospBMSP', address: '127.0.0.1:443', tlsRootPem: PEM },
        {
          name: 'peer0.hospa',
          mspId: 'HospAMSP',
          address: '127.0.0.1:1',
          tlsRootPem: PEM,
          serverName: 'peer0.hospa',
        },
      ],
      orderers: [{ address: '127.0.0.1:5', tlsRootPem: PEM, serverName: 'orderer.hospa' }],
      stores: [{ url: 'http://127.0.0.1:4' }],
      certificateAuthority: { url: 'https://127.0.0.1:3', caName: 'ca', tlsRootPem: PEM },
    });
  });

  it('does without what only some clients need', () => {
    const { hospa, hospb } = PROFILE.organizations;
    const organizations = { hospa, hospb: { ...hospb, certificateAuthorities: [] } };
    const none = { orderers: undefined, stores: undefined, contract: undefined };
    const profile = read({ organizations, ...none });
    expect(profile).toMatchObject({
      contract: 'emr',
      orderers: [],
      stores: [],
      certificateAuthority: null,
    });
  });

  it.each([
    ['another organization', { client: { organization: 'hospx' } }, /no organization hospx/],
    ['no channel', { channels: {} }, /one channel/],
    ['two channels', { channels: { a: {}, b: {} } }, /one channel/],
    ['a peer that is nowhere', { peers: {} }, /where peer0\.hosp. is/],
    ['a CA that is nowhere', { certificateAuthorities: {} }, /where ca\.hospb is/],
    ['peers without TLS', { peers: { 'peer0.hospb': { url: 'grpc://h:1' } } }, /grpcs/],
    ['no peers', { peers: undefined }, /peers/],
  ])('is refused with %s', (_, changes, problem) => {
    expect(() => read(changes)).toThrow(
      expect.objectContaining({
        code: 'INPUT_INVALID',
        message: expect.stringMatching(problem) as unknown,
      }),
    );
  });

  it('is refused where it is no JSON', () => {
    expect(() => readConnectionProfile('name: emr')).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
  });
});
