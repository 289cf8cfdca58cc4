/**
 * A synthetic CT slice: a phantom of ellipses, 64 × 64 pixels, as a DICOM Part 10 file.
 *
 * @module
 */
import { createRequire } from 'node:module';

type Elements = Record<string, unknown>;

/** The part of dcmjs that is used here; the package has no types. */
interface Dcmjs {
  readonly data: {
    readonly DicomDict: new (meta: Elements) => { dict: Elements; write(): ArrayBuffer };
    readonly DicomMetaDictionary: { denaturalizeDataset(dataset: Elements): Elements };
  };
}

const dcmjs = createRequire(import.meta.url)('dcmjs') as Dcmjs;

const SIZE = 64;
/** UIDs under 2.25: a UUID as a decimal number; no registered root is needed. */
const STUDY_UID = '2.25.271590367114325480215905423916302581047';
const SERIES_UID = '2.25.118240592271903377152306483620959871263';
const INSTANCE_UID = '2.25.330812570441526389107725064198230651498';
const FRAME_UID = '2.25.204917735286610094437158820361974502731';
const IMPLEMENTATION_UID = '2.25.97305561825071446390285517306942118840';
const CT_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.2';
const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

/** Centre and half axes in pixels, and the Hounsfield units inside; later ones cover earlier ones. */
const PHANTOM = [
  { x: 32, y: 32, a: 28, b: 24, hounsfield: 700 },
  { x: 32, y: 32, a: 26, b: 22, hounsfield: 40 },
  { x: 22, y: 30, a: 7, b: 11, hounsfield: -750 },
  { x: 42, y: 30, a: 7, b: 11, hounsfield: -740 },
  { x: 32, y: 46, a: 4, b: 4, hounsfield: 650 },
  { x: 34, y: 31, a: 4, b: 6, hounsfield: 55 },
] as const;

const AIR = -1000;
const RESCALE_INTERCEPT = -1024;

function hounsfieldAt(column: number, row: number): number {
  const inside = PHANTOM.filter(
    ({ x, y, a, b }) => ((column - x) / a) ** 2 + ((row - y) / b) ** 2 <= 1,
  );
  return inside.at(-1)?.hounsfield ?? AIR;
}

function pixels(): ArrayBuffer {
  const values = new Uint16Array(SIZE * SIZE);
  for (let i = 0; i < values.length; i += 1) {
    values[i] = hounsfieldAt(i % SIZE, Math.floor(i / SIZE)) - RESCALE_INTERCEPT;
  }
  return values.buffer;
}

/** File meta information. Its first element is set by hand: dcmjs would write it with a wrong VR. */
function metaInformation(): Elements {
  return {
    '00020001': { vr: 'OB', Value: [new Uint8Array([0, 1]).buffer] },
    '00020002': { vr: 'UI', Value: [CT_IMAGE_STORAGE] },
    '00020003': { vr: 'UI', Value: [INSTANCE_UID] },
    '00020010': { vr: 'UI', Value: [EXPLICIT_LITTLE_ENDIAN] },
    '00020012': { vr: 'UI', Value: [IMPLEMENTATION_UID] },
    '00020013': { vr: 'SH', Value: ['EMR-SHARE'] },
  };
}

function imageDataset(): Elements {
  return {
    _vrMap: { PixelData: 'OW' },
    SpecificCharacterSet: 'ISO_IR 192',
    ImageType: ['DERIVED', 'SECONDARY', 'AXIAL'],
    SOPClassUID: CT_IMAGE_STORAGE,
    SOPInstanceUID: INSTANCE_UID,
    StudyDate: '20260302',
    SeriesDate: '20260302',
    ContentDate: '20260302',
    StudyTime: '091500',
    ContentTime: '091730',
    AccessionNumber: '',
    Modality: 'CT',
    Manufacturer: 'emr-share',
    ReferringPhysicianName: [{ Alphabetic: '' }],
    StudyDescription: 'Synthetic chest phantom',
    PatientName: [{ Alphabetic: 'Sample^Ana' }],
    PatientID: 'SYNTHETIC-0001',
    PatientBirthDate: '19780514',
    PatientSex: 'F',
    SliceThickness: '5',
    KVP: '120',
    StudyInstanceUID: STUDY_UID,
    SeriesInstanceUID: SERIES_UID,
    FrameOfReferenceUID: FRAME_UID,
    PositionReferenceIndicator: '',
    StudyID: '1',
    SeriesNumber: '1',
    AcquisitionNumber: '1',
    InstanceNumber: '1',
    ImagePositionPatient: ['-160', '-160', '0'],
    ImageOrientationPatient: ['1', '0', '0', '0', '1', '0'],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: SIZE,
    Columns: SIZE,
    PixelSpacing: ['5', '5'],
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 0,
    RescaleIntercept: String(RESCALE_INTERCEPT),
    RescaleSlope: '1',
    RescaleType: 'HU',
    WindowCenter: '40',
    WindowWidth: '1600',
    PixelData: [pixels()],
  };
}

/** The image as a DICOM file: CT Image Storage, explicit little endian, 16 bits a pixel. */
export function ctImage(): Uint8Array {
  const { DicomDict, DicomMetaDictionary } = dcmjs.data;
  const dicom = new DicomDict(metaInformation());
  dicom.dict = DicomMetaDictionary.denaturalizeDataset(imageDataset());
  return new Uint8Array(dicom.write());
}
