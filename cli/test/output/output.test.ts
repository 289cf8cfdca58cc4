import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { EmrError } from '@emr-share/model';
import type { Host } from '../../src/host.js';
import { Output } from '../../src/output/output.js';
import { showProgress } from '../../src/output/progress.js';

const ESCAPE = '\u001b[';

class Terminal extends PassThrough {
  readonly isTTY = true;
  readonly columns = 80;
}

function hostOnTerminal(
  env: Host['env'] = {},
): Host & { readonly stdout: Terminal; readonly stderr: Terminal } {
  return {
    stdin: new Terminal(),
    stdout: new Terminal(),
    stderr: new Terminal(),
    env,
    signal: new AbortController().signal,
  };
}

const textOf = (stream: Terminal): string => String(stream.read() ?? '');
const denied = new EmrError('ACCESS_DENIED', { recordId: '0'.repeat(32) });

describe('Output', () => {
  it('colours on a terminal only where colour is wanted', () => {
    const colored = (env: Host['env'], color = true): boolean => {
      const host = hostOnTerminal(env);
      const output = new Output(host, { json: false, color });
      output.error(denied);
      return textOf(host.stderr).includes(ESCAPE) && output.colors.isColorSupported;
    };
    expect(colored({})).toBe(true);
    expect(colored({ NO_COLOR: '' })).toBe(true);
    expect(colored({ NO_COLOR: '1' })).toBe(false);
    expect(colored({ TERM: 'dumb' })).toBe(false);
    expect(colored({}, false)).toBe(false);
  });

  it('says an error in one line, and what to do in another', () => {
    const host = hostOnTerminal({ NO_COLOR: '1' });
    const output = new Output(host, { json: false, color: true });
    output.error({ code: 'USAGE', message: 'one\ntwo\u001b[2J', details: {} }, 'do this');
    expect(textOf(host.stderr)).toBe('emr: one two\\x1b[2J\n     do this\n');
  });

  it('keeps notes, colours and bars out of JSON', () => {
    const host = hostOnTerminal();
    const output = new Output(host, { json: true, color: true });
    output.note('meanwhile');
    output.warn(denied);
    output.result({ a: 1 }, 'text');
    expect(output.isLive).toBe(false);
    expect(JSON.parse(textOf(host.stderr))).toEqual({
      warning: {
        code: 'ACCESS_DENIED',
        message: denied.message,
        details: { recordId: '0'.repeat(32) },
      },
    });
    expect(JSON.parse(textOf(host.stdout))).toEqual({ a: 1 });
  });
});

describe('showProgress', () => {
  it('draws on a terminal, and cleans up', () => {
    const { stderr } = hostOnTerminal();
    const progress = showProgress(stderr, true, 'fetching', 4_000_000);
    progress.update(1_000_000);
    progress.update(9_000_000);
    progress.stop();
    expect(textOf(stderr)).toMatch(/fetching \[.*of 4\.0 MB/s);
  });

  it('draws nothing elsewhere, nor for what is done at once', () => {
    const { stderr } = hostOnTerminal();
    for (const [isLive, totalBytes] of [
      [false, 4_000_000],
      [true, 1000],
    ] as const) {
      const progress = showProgress(stderr, isLive, 'fetching', totalBytes);
      progress.update(1000);
      progress.stop();
    }
    expect(textOf(stderr)).toBe('');
  });
});
