/** Storage SOP classes outside of the branch that most of them are in (PS3.6 table A-1): protocols, palettes, implants, instructions. */
const others = /^1\.2\.840\.10008\.5\.1\.4\.(34\.(1|7|10)|38\.1|39\.1|43\.1|44\.1|45\.1)$/;
/** The branch of the storage SOP classes; its inventory queries (PS3.4 annex BB) store nothing. */
const branch = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(?!201\.[2-6]$)\d/;

/** Whether a SOP class is one of storage (PS3.4 annex B.5), by its place in the standard's tree, so that classes of later editions count, too. */
export function isStorageClass(uid: string): boolean {
  return branch.test(uid) || others.test(uid);
}

/** Whether a UID is a transfer syntax of the standard, by its place in the tree (PS3.6 table A-1). */
export function isTransferSyntax(uid: string): boolean {
  return /^1\.2\.840\.10008\.1\.2(\.(1(\.(98|99))?|2|4\.\d{2,3}|5|7\.\d|8\.1))?$/.test(uid);
}
