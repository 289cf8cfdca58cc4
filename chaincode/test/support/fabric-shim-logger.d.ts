declare module 'fabric-shim/lib/logger.js' {
  interface Logger {
    silent: boolean;
    error: (text: string) => unknown;
  }

  const loggers: { getLogger(name: string): Logger };
  export default loggers;
}
