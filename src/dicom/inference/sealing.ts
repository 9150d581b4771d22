import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Seals credentials for the database (AES-256-GCM), with a key in a file of its own that only the adapter's user can read: a
 * copy of the database, or what is left in it of deleted rows, tells nothing.
 */
export class Sealing {
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
  }

  /** Reads the key, or makes one. */
  static async open(path: string): Promise<Sealing> {
    try {
      const key = readFileSync(path);
      if (key.length !== keyBytes) throw new ClaraError('failed', `${path} is no key of this adapter`, { hint: 'restore it, or remove it: stored credentials are lost then, and requests that need them fail' });
      return new Sealing(key);
    } catch (thrown) {
      if (systemCode(thrown) !== 'ENOENT') throw thrown instanceof ClaraError ? thrown : new ClaraError('failed', `${path} cannot be read (${messageOf(thrown)})`, { cause: thrown });
      const key = randomBytes(keyBytes);
      await writeFileAtomically(path, key, 0o600);
      return new Sealing(key);
    }
  }

  seal(text: string): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** Throws where it was sealed with another key, or changed. */
  unseal(bytes: Uint8Array): string {
    const sealed = Buffer.from(bytes);
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
      decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
      return decipher.update(sealed.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
    } catch (thrown) {
      throw new ClaraError('failed', 'stored credentials cannot be read: they were sealed with another key', { cause: thrown });
    }
  }

  /** A digest that tells nothing to those who have not got the key. */
  digest(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex');
  }
}
