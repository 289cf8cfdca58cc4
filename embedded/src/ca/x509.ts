/**
 * `@peculiar/x509`, with what it needs loaded before it.
 *
 * @module
 */
import 'reflect-metadata';

export * from '@peculiar/x509';
