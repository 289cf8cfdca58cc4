/** The part of dcmjs (which has no types of its own) that the demo's image needs. */
declare module 'dcmjs' {
  type Dataset = Record<string, unknown>;

  class DicomDict {
    dict: Dataset;
    constructor(meta: Dataset);
    write(): ArrayBuffer;
  }

  class DicomMetaDictionary {
    static denaturalizeDataset(dataset: Dataset): Dataset;
  }

  const dcmjs: {
    readonly data: {
      readonly DicomDict: typeof DicomDict;
      readonly DicomMetaDictionary: typeof DicomMetaDictionary;
    };
    readonly log: { setLevel(level: string): void };
  };
  export default dcmjs;
}
