import { isUid } from '../../uids/well-known.ts';
import { type JsonField } from './json-fields.ts';
import { type FhirResource, type WantedInput, type WantedStudy } from './request.ts';

const types = ['DICOM_UID', 'DICOM_PATIENT_ID', 'ACCESSION_NUMBER', 'FHIR_RESOURCE'] as const;

/** FHIR releases as the MIME type has them (HL7 FHIR, Version Parameter). */
const fhirVersions = { R1: '0.0', R2: '1.0', R3: '3.0', R4: '4.0' } as const;

/** One entry of `inputMetadata`; undefined where something is wrong with it. */
export function parseInput(field: JsonField): WantedInput | undefined {
  const at = field.path;
  switch (field.get('type').word(types)) {
    case 'DICOM_UID': {
      const studies = some(field.get('studies'), 'studies', parseStudy);
      return studies && { at, kind: 'studies', studies };
    }
    case 'DICOM_PATIENT_ID': {
      const patientId = queryValue(field.get('PatientID'));
      return patientId === undefined ? undefined : { at, kind: 'patient', patientId };
    }
    case 'ACCESSION_NUMBER': {
      const numbers = some(field.get('accessionNumber'), 'accession numbers', queryValue);
      return numbers && { at, kind: 'accession', numbers };
    }
    case 'FHIR_RESOURCE': {
      const resources = some(field.get('resources'), 'resources', parseResource);
      const format = field.get('fhirFormat').word(['Json', 'Xml'], 'Json');
      const version = field.get('fhirVersion').word(Object.keys(fhirVersions) as (keyof typeof fhirVersions)[], 'R3');
      return resources && format && version && { at, kind: 'fhir', resources, format: format === 'Xml' ? 'xml' : 'json', version: fhirVersions[version] };
    }
    case undefined:
      return undefined;
  }
}

/** The entries of a list that must have some; undefined where one of them is wrong. */
function some<Entry>(field: JsonField, what: string, parse: (item: JsonField) => Entry | undefined): Entry[] | undefined {
  const items = field.items();
  if (items.length === 0) return Array.isArray(field.value) || !field.isGiven ? field.complain(`is missing: the ${what} to retrieve`) : undefined;
  const entries = items.map(parse);
  return entries.includes(undefined) ? undefined : (entries as Entry[]);
}

/** As `some`, of a list that may be left out. */
function any<Entry>(field: JsonField, parse: (item: JsonField) => Entry | undefined): Entry[] | undefined {
  const entries = field.items().map(parse);
  return (field.isGiven && !Array.isArray(field.value)) || entries.includes(undefined) ? undefined : (entries as Entry[]);
}

function parseStudy(field: JsonField): WantedStudy | undefined {
  const study = uid(field.get('StudyInstanceUID'));
  const series = any(field.get('series'), (item) => {
    const own = uid(item.get('SeriesInstanceUID'));
    const instances = any(item.get('instances'), (instance) => {
      const uids = instance.get('SOPInstanceUID');
      return Array.isArray(uids.value) ? any(uids, uid) : [uid(uids)];
    });
    return own === undefined || instances === undefined || instances.flat().includes(undefined) ? undefined : { series: own, instances: instances.flat() as string[] };
  });
  return study === undefined || series === undefined ? undefined : { study, series };
}

function uid(field: JsonField): string | undefined {
  const text = field.text('a UID');
  return text === undefined || isUid(text) ? text : field.complain('must be a UID: digits and dots, at most 64');
}

/**
 * A value that is searched for. Wildcards (PS3.4 C.2.2.2.4) and lists would match more than one patient, and are refused.
 */
function queryValue(field: JsonField): string | undefined {
  const text = field.text('the value to search for');
  if (text === undefined) return undefined;
  if (text.length > 64) return field.complain('must not be longer than 64 characters');
  return /[*?\\\p{Cc}\p{Cs}]/u.test(text) ? field.complain('must not have wildcards (`*`, `?`), backslashes or control characters') : text.trim();
}

/** Type and id are parts of a path (HL7 FHIR, id: up to 64 letters, digits, `-` and `.`). */
function parseResource(field: JsonField): FhirResource | undefined {
  const [typeField, idField] = [field.get('resourceType', 'type'), field.get('id')];
  const type = typeField.text('the type of the resource, `Patient` for one');
  const id = idField.text('the id of the resource');
  const typeFits = type === undefined || /^[A-Za-z]{1,64}$/.test(type) || typeField.complain('must be letters');
  const idFits = id === undefined || (/^[A-Za-z0-9.-]{1,64}$/.test(id) && !/^\.+$/.test(id)) || idField.complain('must be 1 to 64 letters, digits, `-` and `.`');
  return type !== undefined && id !== undefined && typeFits && idFits ? { type, id } : undefined;
}
