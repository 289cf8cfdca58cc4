/**
 * Time limit of the tests over real nodes: twenty processes share the machine with them.
 *
 * @module
 */
import { jest } from '@jest/globals';

jest.setTimeout(120_000);
