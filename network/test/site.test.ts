import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ChannelConfig, ConfigGroup, ConfigItem } from '../src/channel/channel-config.js';
import { majorityOf } from '../src/channel/align-channel.js';
import { hospitals } from '../src/topology/topology.js';
import { finishRestore, loadTopology, networkPaths, restoreSite } from '../src/index.js';
import { blockQuorum, consentersIn, setConsenters } from '../src/site/consenters.js';
import { requireLost } from '../src/site/lost-site.js';
import {
  applyLeaving,
  applyReturn,
  isKnownByAnotherRoot,
  topologyWithout,
} from '../src/site/replace-member.js';
import { isRestoring, markRestoring, unmarkRestoring } from '../src/site/restore-mark.js';
import { NetworkState } from '../src/up/state.js';
import { tempDir } from './support/temp-dir.js';

const dev = await loadTopology('dev');
const [, lost] = hospitals(dev);
const LOST = lost!.mspId;

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const item = (content: Partial<ConfigItem>): ConfigItem => ({
  mod_policy: 'Admins',
  version: '0',
  ...content,
});

function member(mspId: string, root: string): ConfigGroup {
  const value = { config: { name: mspId, root_certs: [base64(root)] }, type: 0 };
  return {
    groups: {},
    values: { MSP: item({ value }) },
    policies: {},
    mod_policy: 'Admins',
    version: '0',
  };
}

function section(roots: Readonly<Record<string, string>>): ConfigGroup {
  const groups = Object.fromEntries(
    Object.entries(roots).map(([mspId, root]) => [mspId, member(mspId, root)]),
  );
  return { groups, values: {}, policies: {}, mod_policy: 'Admins', version: '0' };
}

/** As a channel of the dev network; `suffix` tells two generations of certificates apart. */
function channel(suffix: string): ChannelConfig {
  const roots = Object.fromEntries(
    dev.organizations.map(({ mspId }) => [mspId, `root of ${mspId} ${suffix}`]),
  );
  const Orderer = section(roots);
  Orderer.values['Orderers'] = item({ value: { consenter_mapping: [] } });
  const policy = { type: 1, value: { version: 0 } };
  Orderer.policies['BlockValidation'] = item({ policy });
  const consenters = dev.organizations.map(({ mspId }, i) => ({
    id: i + 1,
    msp_id: mspId,
    identity: base64(`orderer of ${mspId} ${suffix}`),
  }));
  setConsenters(Orderer, consenters);
  return {
    sequence: '0',
    channel_group: { groups: { Application: section(roots), Orderer } },
  };
}

interface Rule {
  identities: { principal: { mspid: string; id_bytes: string } }[];
  rule: { n_out_of: { n: number; rules: { signed_by: number }[] } };
}

function blockRule({ channel_group: { groups } }: ChannelConfig): Rule {
  return (groups.Orderer.policies['BlockValidation']!.policy as { value: Rule }).value;
}

describe('a member that leaves the channel', () => {
  it('is gone from both sections, with its consenter; the others keep their IDs', () => {
    const config = channel('old');
    applyLeaving(config, LOST);
    const { Application, Orderer } = config.channel_group.groups;
    for (const { groups } of [Application, Orderer]) {
      expect(Object.keys(groups)).toEqual(['HospAMSP', 'HospCMSP', 'RegulatorMSP']);
    }
    const left = consentersIn(Orderer).map(({ id, msp_id: mspId }) => [id, mspId]);
    expect(left).toEqual([
      [1, 'HospAMSP'],
      [3, 'HospCMSP'],
      [4, 'RegulatorMSP'],
    ]);
  });

  it('is not asked for its signature on blocks any more', () => {
    const config = channel('old');
    expect(blockRule(config).rule.n_out_of).toMatchObject({ n: 3 });
    applyLeaving(config, LOST);
    const { identities, rule } = blockRule(config);
    expect(identities.map(({ principal }) => principal.mspid)).toEqual([
      'HospAMSP',
      'HospCMSP',
      'RegulatorMSP',
    ]);
    expect(rule.n_out_of.rules.map(({ signed_by: i }) => i)).toEqual([0, 1, 2]);
    expect(rule.n_out_of.n).toBe(2);
  });

  it('that has no orderer leaves the consenters as they are', () => {
    const config = channel('old');
    const others = consentersIn(config.channel_group.groups.Orderer);
    setConsenters(
      config.channel_group.groups.Orderer,
      others.filter(({ msp_id: mspId }) => mspId !== LOST),
    );
    const before = structuredClone(config.channel_group.groups.Orderer.values);
    applyLeaving(config, LOST);
    expect(config.channel_group.groups.Orderer.values).toEqual(before);
  });
});

describe('a member that returns', () => {
  it('has its new root, and its consenter the ID that it had, in its place', () => {
    const config = channel('old');
    applyLeaving(config, LOST);
    applyReturn(config, LOST, channel('new'));
    const { Application, Orderer } = config.channel_group.groups;
    for (const { groups } of [Application, Orderer]) {
      expect(JSON.stringify(groups[LOST])).toContain(base64(`root of ${LOST} new`));
    }
    const consenters = consentersIn(Orderer);
    expect(consenters.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(consenters[1]?.identity).toBe(base64(`orderer of ${LOST} new`));
    expect(blockRule(config).identities[1]?.principal.id_bytes).toBe(consenters[1]?.identity);
    expect(blockRule(config).rule.n_out_of.n).toBe(3);
  });

  it('leaves the others what they are, also where their certificates changed', () => {
    const config = channel('old');
    applyLeaving(config, LOST);
    applyReturn(config, LOST, channel('new'));
    const { Application, Orderer } = config.channel_group.groups;
    expect(JSON.stringify(Application.groups['HospAMSP'])).toContain(
      base64('root of HospAMSP old'),
    );
    expect(consentersIn(Orderer)[0]?.identity).toBe(base64('orderer of HospAMSP old'));
  });

  it('changes nothing where it is there', () => {
    const config = channel('old');
    const before = structuredClone(config);
    applyReturn(config, LOST, channel('new'));
    expect(config).toEqual(before);
  });
});

describe('a lost root', () => {
  it.each([
    ['the root of its folder', `root of ${LOST} old`, false],
    ['another one', `root of ${LOST} new`, true],
    ['none, for it has no folder', null, true],
  ])('is told by the channel that knows %s', (_, root, isLost) => {
    expect(isKnownByAnotherRoot(channel('old'), LOST, root)).toBe(isLost);
  });

  it('is not there once the member has left', () => {
    const config = channel('old');
    applyLeaving(config, LOST);
    expect(isKnownByAnotherRoot(config, LOST, null)).toBe(false);
  });

  it('is ended by a majority of all, without the one that lost it', () => {
    const signers = majorityOf(channel('old'), topologyWithout(dev, lost!));
    expect(signers.map(({ mspId }) => mspId)).toEqual(['HospAMSP', 'HospCMSP', 'RegulatorMSP']);
  });
});

it.each([
  [1, 1],
  [3, 2],
  [4, 3],
  [7, 5],
])('of %i orderers %i make a block valid', (count, quorum) => {
  expect(blockQuorum(count)).toBe(quorum);
});

describe('a site', () => {
  it('is lost when none of its folders has anything in it', async () => {
    const dir = await tempDir();
    const paths = networkPaths(dir);
    await expect(requireLost(lost!, paths)).resolves.toBeUndefined();
    await mkdir(paths.data('peer1.hospb'), { recursive: true });
    await expect(requireLost(lost!, paths)).resolves.toBeUndefined();
    await writeFile(join(paths.data('peer1.hospb'), 'block'), 'a');
    await expect(requireLost(lost!, paths)).rejects.toMatchObject({
      code: 'ADMIN_REFUSED',
      message: expect.stringMatching(/not lost: .*peer1\.hospb/),
    });
  });

  it('is being restored from its mark on until that is taken away', async () => {
    const dir = await tempDir();
    const paths = networkPaths(dir);
    await NetworkState.begin(paths, dev, { command: ['/bin/true'] });
    expect(await isRestoring(paths, 'hospb')).toBe(false);
    await markRestoring(paths, 'hospb');
    expect(await isRestoring(paths, 'hospb')).toBe(true);
    await finishRestore(dir, LOST);
    expect(await isRestoring(paths, 'hospb')).toBe(false);
    await expect(unmarkRestoring(paths, 'hospb')).resolves.toBeUndefined();
  });

  it('is refused to a regulator, and to somebody who is no member', async () => {
    const dir = await tempDir();
    await NetworkState.begin(networkPaths(dir), dev, { command: ['/bin/true'] });
    await expect(restoreSite(dir, 'regulator')).rejects.toMatchObject({ code: 'ADMIN_REFUSED' });
    await expect(restoreSite(dir, 'hospx')).rejects.toMatchObject({
      code: 'ORGANIZATION_UNKNOWN',
    });
  });

  it('has to do its steps again, and no others', async () => {
    const dir = await tempDir();
    const paths = networkPaths(dir);
    const state = await NetworkState.begin(paths, dev, { command: ['/bin/true'] });
    for (const step of ['start.peer0.hospb', 'start.peer0.hospa', 'genesis']) {
      await state.finish(step, 'x');
    }
    await state.forget((step) => step.endsWith('.hospb'));
    expect((await NetworkState.open(paths)).finishedSteps).toEqual([
      'start.peer0.hospa',
      'genesis',
    ]);
  });
});
