import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseTopology } from '../src/index.js';
import { nodesOf } from '../src/topology/topology.js';

const organizations = fc
  .array(fc.record({ peers: fc.integer({ min: 1, max: 8 }), regulator: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((shapes) => [
    { name: 'org', mspId: 'OrgMSP', kind: 'hospital', peers: 1 },
    ...shapes.map(({ peers, regulator }, i) => ({
      name: `org${String(i)}`,
      mspId: `Org${String(i)}MSP`,
      kind: regulator ? 'regulator' : 'hospital',
      peers: regulator ? 0 : peers,
    })),
  ]);

describe('derived ports', () => {
  it('never collide, whatever the organizations', () => {
    fc.assert(
      fc.property(organizations, fc.integer({ min: 1024, max: 40_000 }), (list, basePort) => {
        const topology = parseTopology(
          stringify({
            version: 1,
            name: 'x',
            channel: 'x',
            basePort,
            tools: { fabric: '3.1.5', fabricCa: '1.5.21', kubo: '0.42.0' },
            contract: { name: 'x', version: '1', sequence: 1 },
            ordering: { type: 'raft' },
            organizations: list,
          }),
          'generated',
        );
        const ports = nodesOf(topology).flatMap((node) => Object.values<number>(node.ports));
        expect(new Set(ports).size).toBe(ports.length);
      }),
      { numRuns: 60 },
    );
  });
});
