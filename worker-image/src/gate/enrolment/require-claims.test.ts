import { describe, expect, it } from "vitest";
import { requireClaims } from "./require-claims.ts";

const policy = { namespaces: ["jobs"] };

function aToken(claims: unknown): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
}

const good = { aud: ["tributary"], "kubernetes.io": { namespace: "jobs" } };

describe("requireClaims", () => {
  it.each([good, { ...good, aud: "tributary" }])("lets a token be reviewed that says it is for this gate", (claims) => {
    expect(() => requireClaims(aToken(claims), policy)).not.toThrow();
  });

  it.each([
    { name: "no token", token: "x", code: "TOKEN_REJECTED" },
    { name: "no JSON", token: "a.b.c", code: "TOKEN_REJECTED" },
    { name: "null", token: aToken(null), code: "TOKEN_REJECTED" },
    { name: "a token that is too long", token: aToken({ ...good, more: "x".repeat(9_000) }), code: "TOKEN_REJECTED" },
    { name: "another audience", token: aToken({ ...good, aud: ["vault"] }), code: "TOKEN_REJECTED" },
    { name: "no service account", token: aToken({ aud: ["tributary"] }), code: "TOKEN_REJECTED" },
    {
      name: "another namespace",
      token: aToken({ ...good, "kubernetes.io": { namespace: "kube-system" } }),
      code: "ENROLMENT_REFUSED",
    },
  ])("refuses $name without asking anybody", ({ token, code }) => {
    expect(() => requireClaims(token, policy)).toThrow(expect.objectContaining({ code }));
  });
});
