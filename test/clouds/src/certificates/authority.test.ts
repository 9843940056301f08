import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createAuthority, issueCertificate } from "./authority.ts";
import { renderKubeconfig } from "./kubeconfig.ts";

describe("certificates of a cluster", () => {
  it("carry user, groups and names, and are signed by the authority", async () => {
    const authority = await createAuthority("local");
    const issued = await issueCertificate(authority, {
      commonName: "system:node:hub",
      organisations: ["system:nodes", "second"],
      dnsNames: ["hub"],
      ipAddresses: ["10.201.0.2"],
    });
    const certificate = new X509Certificate(issued.certificatePem);
    const root = new X509Certificate(authority.certificatePem);
    expect(certificate.verify(root.publicKey)).toBe(true);
    expect(root.ca).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.subject.split("\n")).toEqual(["O=system:nodes", "O=second", "CN=system:node:hub"]);
    expect(certificate.subjectAltName).toBe("DNS:hub, IP Address:10.201.0.2");
  });

  it("are for dialling only when they name nothing to answer under", async () => {
    const issued = await issueCertificate(await createAuthority("local"), { commonName: "admin" });
    expect(new X509Certificate(issued.certificatePem).keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  });
});

describe("renderKubeconfig", () => {
  it("inlines authority and token, so that the file works wherever it is copied", () => {
    const text = renderKubeconfig({ clusterName: "hub", url: "https://a:1", authorityPem: "CA", user: { token: "t" } });
    expect(parse(text)).toMatchObject({
      clusters: [{ name: "hub", cluster: { server: "https://a:1", "certificate-authority-data": "Q0E=" } }],
      users: [{ name: "hub", user: { token: "t" } }],
      "current-context": "hub",
    });
  });
});
