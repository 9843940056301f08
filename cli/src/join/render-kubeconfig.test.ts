import { parseKubeconfig } from "@tributary/operator";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { HubRoute } from "./join-request.ts";
import { hubEndpoint, renderKubeconfig, untriedParts } from "./render-kubeconfig.ts";
import { caPem } from "./test-certificates.ts";

const request = { name: "aws-us-east-1", serviceAccount: { namespace: "tributary-jobs", name: "tributary-hub" } };
const admin = {
  url: "https://10.0.0.1:6443/k8s/c-abc12",
  ca: caPem,
  serverName: "kube.example.internal",
  proxyUrl: "http://proxy.example.com:3128",
};

describe("the hub's kubeconfig", () => {
  it("leads where the admin's does, by the same way, as the hub's account", () => {
    const access = parseKubeconfig(renderKubeconfig(request, hubEndpoint(admin, {}), "t"));
    expect(access).toMatchObject({
      endpoint: admin,
      credential: { authorization: "Bearer t" },
      namespace: "tributary-jobs",
    });
  });

  it("holds no CA where the system's roots count", () => {
    const { endpoint } = parseKubeconfig(renderKubeconfig(request, { url: "https://api.example.com" }, "t"));
    expect(endpoint).toEqual({ url: "https://api.example.com" });
  });

  it("takes another way where the request names one", () => {
    const route = { apiServer: "https://172.16.0.1", serverName: "kube.private", proxyUrl: "none" };
    const { endpoint } = parseKubeconfig(renderKubeconfig(request, hubEndpoint(admin, route), "t"));
    expect(endpoint).toEqual({ url: "https://172.16.0.1", ca: caPem, serverName: "kube.private" });
  });

  it.each<[string, HubRoute, string[]]>([
    ["nothing else", {}, []],
    ["another address", { apiServer: "https://172.16.0.1" }, ["https://172.16.0.1"]],
    ["another name", { serverName: "kube.private" }, ["server name kube.private"]],
    ["another proxy", { proxyUrl: "http://u:secret@172.16.0.2" }, ["the proxy"]],
    ["no proxy", { proxyUrl: "none" }, ["no proxy"]],
    ["what the admin has anyway", { apiServer: admin.url, proxyUrl: admin.proxyUrl }, []],
  ])("says what of its way was not gone from here: %s", (_what, route, untried) => {
    expect(untriedParts(admin, hubEndpoint(admin, route))).toEqual(untried);
  });

  it.each(["on", "y", "0b1"])(
    "is the same to kubectl where a name is what YAML 1.1 takes for something else: %s",
    (name) => {
      const text = renderKubeconfig({ ...request, name }, { url: "https://a" }, "t");
      expect(parse(text, { version: "1.1" })).toMatchObject({ "current-context": name, clusters: [{ name }] });
    },
  );

  it("keeps a name that YAML takes for a number", () => {
    const text = renderKubeconfig({ ...request, name: "0123" }, { url: "https://a" }, "123");
    expect(parseKubeconfig(text).credential).toEqual({ authorization: "Bearer 123" });
  });
});
