import { type Disk, realDisk } from "@tributary/kit";
import { openAuthorities } from "../authorities.ts";
import type { CertificateAuthority } from "../certificate-authority.ts";

/** The one CA of a directory, for tests that rotate nothing. */
export async function openAuthority(
  directory: string,
  cluster: string,
  disk: Disk = realDisk,
): Promise<CertificateAuthority> {
  const wish = { rotate: "", use: "", retire: "" };
  const options = { directory, cluster, wish, formerPem: "", nowMs: Date.now(), disk };
  return (await openAuthorities(options)).signing;
}
