import { describe, expect, it } from "vitest";
import { apiServerTarget, probeTargets } from "./probe-targets.ts";

const permitted = { host: "10.0.0.1", port: 443 };

describe("probeTargets", () => {
  it.each([
    { given: "a cluster's file", text: "search a.svc\nnameserver 10.96.0.10\noptions ndots:5\n", want: "10.96.0.10" },
    { given: "several servers", text: "nameserver 10.0.0.2\nnameserver 10.0.0.3\n", want: "10.0.0.2" },
    {
      given: "a server within the pod before another",
      text: "nameserver 127.0.0.1\nnameserver fd00::a\n",
      want: "fd00::a",
    },
    { given: "only the pod itself", text: "nameserver ::1\nnameserver 127.0.0.53\n", want: undefined },
    {
      given: "comments and names",
      text: "# nameserver 10.0.0.2\nnameserver dns.example\nnameserver\n",
      want: undefined,
    },
    { given: "no file", text: "", want: undefined },
  ])("tries $want where $given is there", ({ text, want }) => {
    expect(probeTargets(text, permitted)).toEqual({
      forbidden: want === undefined ? undefined : { host: want, port: 53 },
      permitted,
    });
  });
});

describe("apiServerTarget", () => {
  it.each([
    [
      { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "6443" },
      { host: "10.96.0.1", port: 6443 },
    ],
    [{ KUBERNETES_SERVICE_HOST: "fd00::1" }, { host: "fd00::1", port: 443 }],
    [
      { TRIBUTARY_API_SERVER: "https://127.0.0.1:7443", KUBERNETES_SERVICE_HOST: "a" },
      { host: "127.0.0.1", port: 7443 },
    ],
    [{ TRIBUTARY_API_SERVER: "https://[fd00::1]" }, { host: "fd00::1", port: 443 }],
  ])("of %j is %j", (env, want) => {
    expect(apiServerTarget(env)).toEqual(want);
  });
});
