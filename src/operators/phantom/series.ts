import { data } from 'dcmjs';
import { uidOf } from '../dicom/uids.ts';
import { coveredHeight, fieldOfView, headValue } from './head.ts';
import { noise } from './noise.ts';

export interface PhantomSettings {
  readonly slices: number;
  /** Rows and columns of a slice. */
  readonly size: number;
  readonly seed: number;
}

const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
const explicitLittleEndian = '1.2.840.10008.1.2.1';
/** Stored value 0 stands for this many HU: what most scanners write. */
const intercept = -1024;
const noiseHu = 6;

/** Stored values of a slice, 12 bits each. */
export function phantomPixels({ slices, size, seed }: PhantomSettings, index: number): Uint16Array {
  const pixels = new Uint16Array(size * size);
  const z = sliceHeight(slices, index);
  const mm = fieldOfView / size;
  const middle = (size - 1) / 2;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const at = row * size + column;
      const hu = headValue([(column - middle) * mm, (row - middle) * mm, z]) + noiseHu * noise(seed, index * size * size + at);
      pixels[at] = Math.min(Math.max(Math.round(hu - intercept), 0), 0xfff);
    }
  }
  return pixels;
}

/** One slice as a DICOM file (PS3.10): CT Image Storage, Explicit VR Little Endian. */
export function phantomFile(settings: PhantomSettings, index: number): Uint8Array {
  const { slices, size } = settings;
  const uid = (what: string): string => uidOf(`clara phantom ${slices} ${size} ${settings.seed} ${what}`);
  const instance = uid(`instance ${index}`);
  const mm = fieldOfView / size;
  const corner = -((size - 1) / 2) * mm;
  const z = sliceHeight(slices, index);
  const meta = {
    FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
    MediaStorageSOPClassUID: ctImageStorage,
    MediaStorageSOPInstanceUID: instance,
    TransferSyntaxUID: explicitLittleEndian,
    ImplementationClassUID: uidOf('clara phantom'),
    ImplementationVersionName: 'CLARA_PHANTOM',
  };
  const dataset = {
    SpecificCharacterSet: 'ISO_IR 100',
    ImageType: ['DERIVED', 'SECONDARY', 'AXIAL'],
    SOPClassUID: ctImageStorage,
    SOPInstanceUID: instance,
    StudyDate: '20200101',
    SeriesDate: '20200101',
    ContentDate: '20200101',
    StudyTime: '120000',
    SeriesTime: '120000',
    ContentTime: '120000',
    AccessionNumber: '',
    Modality: 'CT',
    Manufacturer: 'clara',
    ReferringPhysicianName: '',
    StudyDescription: 'Phantom',
    SeriesDescription: 'Head phantom, computed',
    ManufacturerModelName: 'phantom',
    PatientName: 'Phantom^Head',
    PatientID: 'PHANTOM',
    PatientBirthDate: '',
    PatientSex: 'O',
    BodyPartExamined: 'HEAD',
    SliceThickness: decimal(coveredHeight / slices),
    KVP: '120',
    SpacingBetweenSlices: decimal(coveredHeight / slices),
    GantryDetectorTilt: '0',
    PatientPosition: 'HFS',
    StudyInstanceUID: uid('study'),
    SeriesInstanceUID: uid('series'),
    StudyID: '1',
    SeriesNumber: '1',
    AcquisitionNumber: '1',
    InstanceNumber: String(index + 1),
    ImagePositionPatient: [corner, corner, z].map(decimal),
    ImageOrientationPatient: ['1', '0', '0', '0', '1', '0'],
    FrameOfReferenceUID: uid('frame of reference'),
    PositionReferenceIndicator: '',
    SliceLocation: decimal(z),
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: size,
    Columns: size,
    PixelSpacing: [decimal(mm), decimal(mm)],
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    WindowCenter: '40',
    WindowWidth: '400',
    RescaleIntercept: String(intercept),
    RescaleSlope: '1',
    RescaleType: 'HU',
    PixelData: phantomPixels(settings, index).buffer,
    _vrMap: { PixelData: 'OW' },
  };
  const file = new data.DicomDict(data.DicomMetaDictionary.denaturalizeDataset(meta));
  file.dict = data.DicomMetaDictionary.denaturalizeDataset(dataset);
  return new Uint8Array(file.write());
}

/** Height of a slice's middle, mm. */
function sliceHeight(slices: number, index: number): number {
  return (index - (slices - 1) / 2) * (coveredHeight / slices);
}

/** With a hundred-millionth of a millimetre (PS3.5 6.2: at most 16 characters). */
function decimal(value: number): string {
  return String(Number(value.toFixed(8)));
}
