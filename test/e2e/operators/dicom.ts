import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { data } from 'dcmjs';

export const explicitLittleEndian = '1.2.840.10008.1.2.1';

/** Attributes of a small CT slice; a test changes what it is about. */
export function ctAttributes(index: number, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const size = 4;
  return {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
    SOPInstanceUID: `2.25.100${index}`,
    Modality: 'CT',
    PatientName: 'Secret^Name',
    PatientID: 'SECRET-ID',
    StudyInstanceUID: '2.25.1',
    SeriesInstanceUID: '2.25.2',
    InstanceNumber: String(index + 1),
    ImagePositionPatient: ['0', '0', String(index * 2)],
    ImageOrientationPatient: ['1', '0', '0', '0', '1', '0'],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: size,
    Columns: size,
    PixelSpacing: ['0.5', '0.5'],
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
    RescaleIntercept: '0',
    RescaleSlope: '1',
    PixelData: Int16Array.from({ length: size * size }, (_, at) => index * 100 + at).buffer,
    _vrMap: { PixelData: 'OW' },
    ...changes,
  };
}

/** Writes attributes as a DICOM file; an attribute that is undefined is left out. */
export function writeDicom(file: string, attributes: Readonly<Record<string, unknown>>, transferSyntax = explicitLittleEndian): void {
  const present = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
  const dict = new data.DicomDict(data.DicomMetaDictionary.denaturalizeDataset({
    FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
    MediaStorageSOPClassUID: present['SOPClassUID'],
    MediaStorageSOPInstanceUID: present['SOPInstanceUID'],
    TransferSyntaxUID: transferSyntax,
    ImplementationClassUID: '2.25.9',
  }));
  dict.dict = data.DicomMetaDictionary.denaturalizeDataset(present);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, new Uint8Array(dict.write()));
}
