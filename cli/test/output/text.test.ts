import { describe, expect, it } from '@jest/globals';
import { supervisorLine } from '../../src/network-output/status-table.js';
import { elapsed, localTime } from '../../src/output/local-time.js';
import { printable } from '../../src/output/printable.js';
import { byteSize } from '../../src/output/size.js';
import { pairs, table } from '../../src/output/table.js';

describe('the supervisor in a status', () => {
  it.each([
    [null, 0, 'No supervisor runs: emr network up starts it.'],
    [7, 0, 'The supervisor (pid 7) has had nothing to restart.'],
    [7, 1, 'The supervisor (pid 7) has restarted nodes once.'],
    [7, 3, 'The supervisor (pid 7) has restarted nodes 3 times.'],
  ])('with pid %p and %i restarts is a sentence', (pid, restarts, sentence) => {
    expect(supervisorLine({ pid, restarts })).toBe(sentence);
  });
});

describe('localTime', () => {
  it('names the same moment, to the second', () => {
    const text = localTime(1_780_000_000_123);
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
    expect(Date.parse(text)).toBe(1_780_000_000_000);
  });
});

describe('elapsed', () => {
  it('uses milliseconds below a second', () => {
    expect([elapsed(3.4), elapsed(999), elapsed(3240)]).toEqual(['3 ms', '999 ms', '3.2 s']);
  });
});

describe('byteSize', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [530_632, '531 kB'],
    [999_600, '1.0 MB'],
    [1_844_926, '1.8 MB'],
    [5_000_000_000_000_000, '5000 TB'],
  ])('prints %i as %s', (sizeBytes, text) => {
    expect(byteSize(sizeBytes)).toBe(text);
  });
});

describe('printable', () => {
  it('shows what a terminal would obey', () => {
    expect(printable('a\u001b[31mb\rc\u202ed\u0000')).toBe('a\\x1b[31mb\\x0dc\\x202ed\\x00');
  });

  it('leaves text of any script, line feeds and tabs alone', () => {
    expect(printable('Ærø 患者\n\tμg')).toBe('Ærø 患者\n\tμg');
  });
});

describe('table', () => {
  it('lines columns up without colour, borders or trailing spaces', () => {
    expect(
      table(
        ['id', 'name'],
        [
          ['1', 'one'],
          ['22', 'x\u001b[2J'],
        ],
        'none',
      ),
    ).toBe('ID  NAME\n1   one\n22  x\\x1b[2J');
  });

  it('says so when there is nothing', () => {
    expect(table(['id'], [], 'no records')).toBe('no records');
  });

  it('lines pairs up', () => {
    expect(pairs({ user: 'a', 'MSP ID': 'b' })).toBe('user    a\nMSP ID  b');
  });
});
