import { describe, expect, it } from '@jest/globals';
import { isDeadlocked, reportIn } from '../../src/supervise/goroutines.js';

const MAIN = 'goroutine 1 [select, 4 minutes]:\nmain.main()\n\t/src/main.go:13 +0x1c';
const CONTROLLER =
  'goroutine 155 [select, 4 minutes]:\n' +
  'github.com/hyperledger-labs/SmartBFT/internal/bft.(*Controller).decide(0x35, {{{0x1}}})\n' +
  '\t/src/controller.go:545 +0x2c5\n' +
  'github.com/hyperledger-labs/SmartBFT/internal/bft.(*Controller).run(0x35)\n' +
  '\t/src/controller.go:509 +0x27f';
const WRITES_BLOCK =
  'goroutine 155 [IO wait]:\n' +
  'os.(*File).Sync(0x35)\n\t/src/file.go:5 +0x2\n' +
  'github.com/hyperledger-labs/SmartBFT/internal/bft.(*Controller).decide(0x35, {{{0x1}}})\n' +
  '\t/src/controller.go:538 +0x2c5';
const VIEW =
  'goroutine 160 [select]:\n' +
  'github.com/hyperledger-labs/SmartBFT/internal/bft.(*View).processPrepares(0x7)\n' +
  '\t/src/view.go:449 +0x1\n' +
  'github.com/hyperledger-labs/SmartBFT/internal/bft.(*View).run(0x7)\n\t/src/view.go:277 +0x2';
const report = (...stacks: string[]): string => stacks.join('\n\n') + '\n';

describe("an orderer's stacks", () => {
  it('show the deadlock where the controller tells of a block and no view runs', () => {
    expect(isDeadlocked(report(MAIN, CONTROLLER))).toBe(true);
  });

  it('show none while a view runs, or the block is being written', () => {
    expect(isDeadlocked(report(MAIN, CONTROLLER, VIEW))).toBe(false);
    expect(isDeadlocked(report(MAIN, WRITES_BLOCK))).toBe(false);
    expect(isDeadlocked(report(MAIN, VIEW))).toBe(false);
  });

  it('are found in a log between other lines, without their colours', () => {
    const before = '\u001b[34m2026-11-21 17:00:00.000 UTC 01 INFO [x] f -> one\u001b[0m\n';
    const head = '\u001b[34m2026-11-21 17:00:01.000 UTC 02 INFO [diag] g ->\u001b[0m ';
    const after = '\u001b[34m2026-11-21 17:00:02.000 UTC 03 INFO [x] f -> two\u001b[0m\n';
    const log = `${before}${head}Go routines report:\n${report(MAIN, CONTROLLER)}${after}`;
    expect(reportIn(log)).toBe(report(MAIN, CONTROLLER).trimEnd());
    expect(isDeadlocked(reportIn(log)!)).toBe(true);
  });

  it('are not there before they are asked for, or before the line is whole', () => {
    expect(reportIn('2026-11-21 17:00:00.000 UTC 01 INFO one\n')).toBeNull();
    expect(reportIn(`INFO Go routines report:\n${MAIN}`)).toBeNull();
  });
});
