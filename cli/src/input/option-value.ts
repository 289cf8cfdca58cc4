/**
 * Checked option values: what a parser or a schema refuses is named with its option.
 *
 * @module
 */
import { Option, InvalidArgumentError } from 'commander';
import * as v from 'valibot';
import { CliError } from '../errors/cli-error.js';

/** Makes a parser's refusal one of commander, which then names the option or argument. */
export function checked<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      const { message } = error;
      throw new InvalidArgumentError(`${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
    }
  };
}

/** A value that `schema` accepts as it is; `expected` says what that would be. */
export function matching<S extends v.GenericSchema<string>>(
  schema: S,
  expected: string,
): (text: string) => v.InferOutput<S> {
  return (text) => {
    if (v.is(schema, text)) return text;
    throw new InvalidArgumentError(`It is ${expected}.`);
  };
}

/** The same parser for an option that may be given several times; repeats count once. */
export function collecting<T>(parse: (text: string) => T): (text: string, previous?: T[]) => T[] {
  return (text, previous = []) => {
    const value = parse(text);
    return previous.includes(value) ? previous : [...previous, value];
  };
}

/** An option that takes one of `choices`, any number of times. */
export function repeatedChoice(
  flags: string,
  description: string,
  choices: readonly string[],
): Option {
  const parse = (text: string): string => {
    if (choices.includes(text)) return text;
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
  };
  return new Option(flags, description).argParser(collecting(parse));
}
