import { createSecureContext, type SecureContextOptions } from "node:tls";
import { type ChannelCredentials, credentials, ServerCredentials, type VerifyOptions } from "@grpc/grpc-js";

/** Every link between Tributary's own processes speaks this version or none. */
export const TLS_VERSION = "TLSv1.3";

/** PEM texts of one side of a mutual TLS link. */
export interface TlsMaterial {
  /** Certificates that the peer must chain to. */
  readonly caPem: string;
  /** Own certificate chain. */
  readonly certificatePem: string;
  /** Own private key. */
  readonly keyPem: string;
}

/** What a caller has: a certificate of its own is needed for mutual TLS alone. */
export type CallerTlsMaterial = TlsMaterial | { readonly caPem: string };

/** What an endpoint has: without a CA it asks callers for no certificate. */
export type EndpointTlsMaterial = Omit<TlsMaterial, "caPem"> & { readonly caPem?: string };

/** Channel credentials for TLS 1.3, mutual where the material holds a certificate. */
export function createTlsCredentials(material: CallerTlsMaterial, verify: VerifyOptions = {}): ChannelCredentials {
  const own = "keyPem" in material ? { cert: material.certificatePem, key: material.keyPem } : {};
  const context = createSecureContext({ ca: material.caPem, minVersion: TLS_VERSION, ...own });
  return credentials.createFromSecureContext(context, verify);
}

/** Endpoint credentials for TLS 1.3; with a CA every caller must hold a certificate of it. */
export function createEndpointTlsCredentials(material: EndpointTlsMaterial): ServerCredentials {
  return new EndpointTls(material.caPem !== undefined, {
    ...(material.caPem !== undefined && { ca: material.caPem }),
    cert: material.certificatePem,
    key: material.keyPem,
  });
}

/** What `ServerCredentials.createSsl` makes, with the one option that it does not take. */
class EndpointTls extends ServerCredentials {
  constructor(requestCert: boolean, context: SecureContextOptions) {
    super({ requestCert, minVersion: TLS_VERSION }, context);
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
