import { Fields, item, readText, readUid, u16, u32, u8 } from './fields.ts';
import { invalid } from './protocol-error.ts';
import { type RoleSelection, type UserInformation } from './types.ts';

/** The user information item (PS3.8 9.3.2.3). */
export const userInformationItem = 0x50;

/** Sub-items: PS3.8 D.1, PS3.7 D.3.3.2 to D.3.3.4. */
const [maximumLengthItem, classUidItem, asynchronousItem, roleItem, versionNameItem] = [0x51, 0x52, 0x53, 0x54, 0x55] as const;

/** What is not known is kept as it is, never an error: "unrecognized items shall be ignored" (PS3.8 9.3.1). */
export function decodeUserInformation(bytes: Buffer): UserInformation {
  const fields = new Fields(bytes, 'the user information');
  const user: { -readonly [K in keyof UserInformation]: UserInformation[K] } & { maximumLength: number } = { maximumLength: 0 };
  const roles: RoleSelection[] = [];
  const others: { readonly type: number; readonly value: Buffer }[] = [];
  while (fields.left > 0) {
    const { type, value } = fields.item();
    switch (type) {
      case maximumLengthItem:
        if (value.length !== 4) throw invalid(`the maximum length has ${value.length} bytes, not 4`);
        user.maximumLength = value.readUInt32BE();
        break;
      case classUidItem:
        // Nothing depends on it, and devices exist that send rubbish here.
        user.implementationClassUid = readText(value, 'the implementation class UID');
        break;
      case asynchronousItem: {
        const window = new Fields(value, 'the asynchronous operations window');
        user.asynchronousOperations = { invoked: window.u16(), performed: window.u16() };
        break;
      }
      case roleItem: {
        const role = new Fields(value, 'the role selection');
        roles.push({ sopClass: readUid(role.take(role.u16()), 'the SOP class of a role selection'), scu: role.u8() === 1, scp: role.u8() === 1 });
        break;
      }
      case versionNameItem:
        user.implementationVersionName = readText(value, 'the implementation version name');
        break;
      default:
        others.push({ type, value });
    }
  }
  return { ...user, ...(roles.length > 0 && { roles }), ...(others.length > 0 && { others }) };
}

/** In ascending order of item types, as dcmtk and the examples of PS3.7 D.4 have them. */
export function encodeUserInformation(user: UserInformation): Buffer {
  const { implementationClassUid, implementationVersionName, asynchronousOperations: window } = user;
  return item(
    userInformationItem,
    item(maximumLengthItem, u32(user.maximumLength)),
    ...(implementationClassUid === undefined ? [] : [item(classUidItem, Buffer.from(implementationClassUid, 'latin1'))]),
    ...(window === undefined ? [] : [item(asynchronousItem, u16(window.invoked), u16(window.performed))]),
    ...(user.roles ?? []).map(({ sopClass, scu, scp }) => item(roleItem, u16(sopClass.length), Buffer.from(sopClass, 'latin1'), u8(Number(scu)), u8(Number(scp)))),
    ...(implementationVersionName === undefined ? [] : [item(versionNameItem, Buffer.from(implementationVersionName, 'latin1'))]),
    ...(user.others ?? []).map(({ type, value }) => item(type, value)),
  );
}
