/**
 * fabric-shim logs every decorator at its default level. Imported before everything that logs.
 *
 * @module
 */
process.env['CORE_CHAINCODE_LOGGING_LEVEL'] ??= 'WARNING';
