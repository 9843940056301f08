import { generateKeyPairSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "../replace-file.ts";
import { type CertificateRequest, createAuthority, issueCertificate, type KeyAndCertificate } from "./authority.ts";

/** Paths of a certificate and its private key. */
export interface CertificateFiles {
  readonly certificatePath: string;
  readonly keyPath: string;
}

/** The certificates of one cluster in one folder. Everything in it is made once and found again, so a second call changes nothing. */
export class CertificateStore {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Path of the cluster's CA certificate, PEM. */
  get authorityPath(): string {
    return this.paths("ca").certificatePath;
  }

  /** The key that signs service account tokens: PEM, SEC 1 (the API server reads its public half from no other form), P-256. */
  async serviceAccountKey(): Promise<string> {
    const path = join(this.directory, "service-accounts.key");
    if ((await readIfThere(path)) === undefined) {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      await replaceFile(path, privateKey.export({ type: "sec1", format: "pem" }).toString(), { secret: true });
    }
    return path;
  }

  /** The cluster's certificate authority. */
  authority(): Promise<KeyAndCertificate> {
    return this.once("ca", () => createAuthority("tributary-local-cloud"));
  }

  /** A certificate signed by the cluster's authority, under a file name of its own. */
  async issue(fileName: string, request: CertificateRequest): Promise<CertificateFiles> {
    const authority = await this.authority();
    await this.once(fileName, () => issueCertificate(authority, request));
    return this.paths(fileName);
  }

  /** Paths of the certificate and key under a file name, made or not. */
  paths(fileName: string): CertificateFiles {
    return {
      certificatePath: join(this.directory, `${fileName}.crt`),
      keyPath: join(this.directory, `${fileName}.key`),
    };
  }

  private async once(fileName: string, make: () => Promise<KeyAndCertificate>): Promise<KeyAndCertificate> {
    const { certificatePath, keyPath } = this.paths(fileName);
    const certificatePem = await readIfThere(certificatePath);
    const keyPem = await readIfThere(keyPath);
    if (certificatePem !== undefined && keyPem !== undefined) return { certificatePem, keyPem };
    const made = await make();
    // The certificate is written last: its presence says that both are whole.
    await replaceFile(keyPath, made.keyPem, { secret: true });
    await replaceFile(certificatePath, made.certificatePem, { secret: true });
    return made;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error: unknown) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
