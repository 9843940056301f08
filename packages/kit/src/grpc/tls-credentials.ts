import { type ChannelCredentials, credentials } from "@grpc/grpc-js";

/** PEM texts of one side of a mutual TLS link. */
export interface TlsMaterial {
  /** Certificates that the peer must chain to. */
  readonly caPem: string;
  /** Own certificate chain. */
  readonly certificatePem: string;
  /** Own private key. */
  readonly keyPem: string;
}

/** Channel credentials for mutual TLS. */
export function createTlsCredentials(material: TlsMaterial): ChannelCredentials {
  return credentials.createSsl(
    Buffer.from(material.caPem),
    Buffer.from(material.keyPem),
    Buffer.from(material.certificatePem),
  );
}
