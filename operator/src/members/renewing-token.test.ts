import type { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../runtime/testing/fake-clock.ts";
import { accessFingerprint, readKubeconfigSecret, replaceToken } from "./kubeconfig-secret.ts";
import { readTokenClaims, renewingToken } from "./renewing-token.ts";

function jwt(claims: unknown): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`;
}

describe("readTokenClaims", () => {
  it("reads namespace, name and times of a service account token", () => {
    const token = jwt({ sub: "system:serviceaccount:ns:hub", iat: 1_000, exp: 4_600 });
    expect(readTokenClaims(token)).toEqual({
      namespace: "ns",
      serviceAccount: "hub",
      issuedAtMs: 1_000_000,
      expiresAtMs: 4_600_000,
    });
  });

  it.each([
    { what: "a static token", token: "abc" },
    { what: "a user's token", token: jwt({ sub: "alice", iat: 1, exp: 2 }) },
    { what: "a token without end", token: jwt({ sub: "system:serviceaccount:ns:hub", iat: 1 }) },
  ])("does not claim anything of $what", ({ token }) => {
    expect(readTokenClaims(token)).toBeUndefined();
  });
});

describe("renewingToken", () => {
  function start(failures = 0) {
    const clock = createFakeClock(0);
    const saved: string[] = [];
    const errors: TributaryError[] = [];
    let renewals = 0;
    let failuresLeft = failures;
    const source = renewingToken({
      token: "t0",
      claims: { namespace: "ns", serviceAccount: "hub", issuedAtMs: 0, expiresAtMs: 3_600_000 },
      clock,
      async renew(seconds) {
        expect(seconds).toBe(3_600);
        if (failuresLeft-- > 0) throw new Error("not now");
        const expirationTimestamp = new Date(clock.nowMs() + seconds * 1000).toISOString();
        return { token: `t${++renewals}`, expirationTimestamp };
      },
      save: async (token) => void saved.push(token),
      onError: (error) => errors.push(error),
    });
    const current = async () => (await source.current(new AbortController().signal)).authorization;
    return { clock, saved, errors, source, current };
  }

  it("renews at 80 % of the life, saves the token, and goes on doing so", async () => {
    const { clock, saved, source, current } = start();
    expect(await current()).toBe("Bearer t0");
    await clock.advance(2_879_999);
    expect(saved).toEqual([]);
    await clock.advance(1);
    expect(await current()).toBe("Bearer t1");
    await clock.advance(2_880_000);
    expect(await current()).toBe("Bearer t2");
    expect(saved).toEqual(["t1", "t2"]);
    source.close();
    expect(clock.pendingTimers()).toBe(0);
  });

  it("keeps the old token and tries again when a renewal fails", async () => {
    const { clock, errors, source, current } = start(2);
    await current();
    await clock.advance(2_880_000 + 30_000);
    expect(errors.length).toBe(2);
    expect(await current()).toBe("Bearer t0");
    await clock.advance(30_000);
    expect(await current()).toBe("Bearer t1");
    source.close();
  });
});

describe("kubeconfig Secret", () => {
  const kubeconfig = [
    "current-context: b",
    "contexts: [{name: a, context: {cluster: c, user: ua}}, {name: b, context: {cluster: c, user: ub}}]",
    "users: [{name: ua, user: {token: old-a}}, {name: ub, user: {token: old-b}}]",
  ].join("\n");

  it("replaces the token of the current user alone", () => {
    const renewed = replaceToken(kubeconfig, "new");
    expect(renewed).toContain('token: "new"');
    expect(renewed).toContain('token: "old-a"');
    expect(renewed).not.toContain("old-b");
  });

  it("tells accesses apart by identity and by content", () => {
    const prints = [
      ["u1", "k1"],
      ["u2", "k1"],
      ["u1", "k2"],
      ["u1", "k1", "namespace"],
    ].map(([uid = "", text = "", scope]) => accessFingerprint(uid, text, scope));
    expect(new Set(prints).size).toBe(4);
  });

  it.each([
    { what: "a missing Secret", secret: undefined, code: "SECRET_NOT_FOUND" },
    {
      what: "a Secret without the key",
      secret: { metadata: { name: "s" }, data: { other: "" } },
      code: "KUBECONFIG_INVALID",
    },
  ])("says what is wrong with $what", ({ secret, code }) => {
    expect(() => readKubeconfigSecret("s", secret)).toThrow(expect.objectContaining({ code }));
  });
});
