import { expect, test } from 'vitest';
import { claraAeTitle } from '../../../../src/dicom/entities/entities.ts';
import { rejections, type Rejection } from '../../../../src/dicom/net/pdu/rejection.ts';
import { contextDecision, refusalOf, type Admittance } from '../../../../src/dicom/receive/decide.ts';

const [ct, echo, explicit, jpeg] = ['1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.1', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.4.70'];
const context = (abstractSyntax: string, ...transferSyntaxes: string[]) => ({ id: 1, abstractSyntax, transferSyntaxes });
const request = { callingAe: 'SCANNER', calledAe: 'CLARA', remoteAddress: '10.0.0.5', contexts: [context(ct, explicit)] };
const admittance: Admittance = {
  rejectUnknownSources: true, verification: { enabled: true, transferSyntaxes: [explicit] },
  source: (aeTitle) => (aeTitle === 'SCANNER' ? { aeTitle, hostIp: '10.0.0.5' } : undefined),
  called: (aeTitle) => (aeTitle === 'CLARA' ? claraAeTitle({ aeTitle }) : undefined),
  hasRoom: () => true,
};

test.each<readonly [string, Partial<typeof request>, Partial<Admittance>, Rejection | undefined]>([
  ['a known sender', {}, {}, undefined],
  ['an unknown calling AE', { callingAe: 'scanner' }, {}, rejections['calling AE title not recognized']],
  ['another host', { remoteAddress: '10.0.0.6' }, {}, rejections['calling AE title not recognized']],
  ['the calling AE comes first', { callingAe: 'x', calledAe: 'x' }, {}, rejections['calling AE title not recognized']],
  ['anybody, where anybody may', { callingAe: 'x' }, { rejectUnknownSources: false }, undefined],
  ['an unknown called AE', { calledAe: 'clara' }, {}, rejections['called AE title not recognized']],
  ['echo that is switched off', { contexts: [context(ct, explicit), context(echo, explicit)] }, { verification: { enabled: false, transferSyntaxes: [explicit] } }, rejections['application context name not supported']],
  ['no room', {}, { hasRoom: () => false }, rejections['no reason given']],
  ['no room, but nothing to store', { contexts: [context(echo, explicit)] }, { hasRoom: () => false }, undefined],
  ['the first context that is refused counts', { contexts: [context(ct, explicit), context(echo, explicit)] }, { hasRoom: () => false, verification: { enabled: false, transferSyntaxes: [explicit] } }, rejections['no reason given']],
])('%s', (_what, changed, surroundings, rejection) => {
  expect(refusalOf({ ...request, ...changed }, { ...admittance, ...surroundings })?.rejection).toEqual(rejection);
});

test.each([
  [context(ct, jpeg, explicit), { transferSyntax: jpeg }],
  [context(echo, jpeg, explicit), { transferSyntax: explicit }],
  [context(echo, jpeg), { refuse: 'transfer syntaxes not supported' }],
  [context('1.2.3.4', explicit), { refuse: 'no reason' }],
])('%j', (proposed, decision) => {
  expect(contextDecision(proposed, admittance)).toEqual(decision);
});
