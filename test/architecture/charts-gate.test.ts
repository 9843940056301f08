import { type ChartRelease, memberValues, type RenderedObject, renderChart } from "@tributary/test";
import { describe, expect, it } from "vitest";
import { type GateConfig, parseGateConfig } from "../../worker-image/src/gate/config/gate-config.ts";

const release: ChartRelease = { chart: "tributary-member", release: "tributary", namespace: "tributary-gate" };
const fingerprint = "0a".repeat(32);

/** The chart with some values of its gate. */
function render(gate: object = {}): Promise<RenderedObject[]> {
  return renderChart({ ...release, values: { ...memberValues, gate: { ...memberValues.gate, ...gate } } });
}

const find = (objects: readonly RenderedObject[], kind: string, name = "tributary-gate") =>
  objects.find((object) => object.kind === kind && object.metadata.name === name)!;

/** What the gate itself reads of its ConfigMap. */
function configOf(objects: readonly RenderedObject[]): GateConfig {
  return parseGateConfig("gate.json", find(objects, "ConfigMap").data["gate.json"]);
}

const stateSizeOf = (objects: readonly RenderedObject[]): string =>
  find(objects, "PersistentVolumeClaim", "tributary-gate-state").spec.resources.requests.storage;

describe("the gate of the member chart", () => {
  it("listens where its Service leads and its workers dial", async () => {
    const objects = await render();
    const { listen } = configOf(objects);
    const container = find(objects, "Deployment").spec.template.spec.containers[0];
    const portOf = (name: string): number =>
      container.ports.find((port: { name: string }) => port.name === name).containerPort;
    expect([portOf("enrol"), portOf("worker"), portOf("health")]).toEqual([
      listen.port,
      listen.workerPort,
      listen.healthPort,
    ]);
    const leads = find(objects, "Service").spec.ports.map(({ port, targetPort }: Record<string, unknown>) => [
      port,
      targetPort,
    ]);
    expect(leads).toEqual([
      [listen.port, "enrol"],
      [listen.workerPort, "worker"],
    ]);
    const sidecar = find(objects, "PodTemplate", "noop").template.spec.initContainers[0];
    const { clusterIP } = memberValues.gate;
    expect(sidecar.env).toContainEqual({ name: "TRIBUTARY_GATE_ADDRESS", value: `${clusterIP}:${listen.port}` });
    expect(sidecar.env).toContainEqual({
      name: "TRIBUTARY_GATE_WORKER_ADDRESS",
      value: `${clusterIP}:${listen.workerPort}`,
    });
  });

  it("is dialled by an address of the sixth version of IP in brackets", async () => {
    const objects = await render({ clusterIP: "fd00::50" });
    const { env } = find(objects, "PodTemplate", "noop").template.spec.initContainers[0];
    expect(env.slice(0, 2).map(({ value }: { value: string }) => value)).toEqual([
      "[fd00::50]:8445",
      "[fd00::50]:8446",
    ]);
  });

  it("is told how much it remembers, and to rotate nothing, unless the values say so", async () => {
    const none = { rotate: "", use: "", retire: "" };
    expect(configOf(await render())).toMatchObject({
      memory: { startsPerSeat: 131_072, bytesPerSeat: 2 ** 26 },
      ca: none,
      formerCaCertificates: "",
      identity: none,
    });
    const ca = { rotation: { rotate: "2027", use: `SHA256:${"0A:".repeat(31)}0A`, retire: fingerprint } };
    const identity = { rotation: { rotate: "January 2027", use: `${"0a0a:".repeat(15)}0a0a` } };
    expect(configOf(await render({ ca, identity, memory: { startsPerSeat: 2 ** 24 } }))).toMatchObject({
      memory: { startsPerSeat: 2 ** 24 },
      ca: ca.rotation,
      identity: { ...identity.rotation, retire: "" },
    });
  });

  it("lets in the workers of former CAs of its Secret", async () => {
    const formerCertificates = "-----BEGIN CERTIFICATE-----\nnot read by these tests\n-----END CERTIFICATE-----\n";
    const objects = await render({ ca: { existingSecret: "gate-ca", formerCertificates } });
    expect(configOf(objects).formerCaCertificates).toBe(formerCertificates);
  });

  it("starts anew with other wishes", async () => {
    const hashOf = (objects: readonly RenderedObject[]) =>
      find(objects, "Deployment").spec.template.metadata.annotations["tributary.dev/config-hash"];
    const wish = { identity: { rotation: { rotate: "2027" } } };
    expect(hashOf(await render(wish))).not.toBe(hashOf(await render()));
    expect(hashOf(await render(wish))).toBe(hashOf(await render(wish)));
  });

  it("has room for its state, as much as the values say", async () => {
    expect(stateSizeOf(await render())).toBe("1Gi");
    expect(stateSizeOf(await render({ state: { volumeSize: "20Gi" } }))).toBe("20Gi");
  });

  it("has time to read its memory before anything ends it", async () => {
    const { containers } = find(await render(), "Deployment").spec.template.spec;
    const { periodSeconds, failureThreshold, httpGet } = containers[0].startupProbe;
    expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(900);
    expect(httpGet).toEqual(containers[0].livenessProbe.httpGet);
  });

  const refusals: [string, object, string][] = [
    [
      "a rotation of a CA that lies in a Secret",
      { ca: { existingSecret: "gate-ca", rotation: { rotate: "2027" } } },
      "put the next CA into Secret gate-ca",
    ],
    ["part of a fingerprint", { ca: { rotation: { use: fingerprint.slice(1) } } }, "/gate/ca/rotation/use"],
    ["a fingerprint that is none", { identity: { rotation: { retire: "the old one" } } }, "/gate/identity/rotation"],
    ["a wish that no rotation has", { identity: { rotation: { drop: "x" } } }, "drop"],
    ["a memory of nothing", { memory: { startsPerSeat: 0 } }, "startsPerSeat"],
    ["a size that is none", { state: { volumeSize: "much" } }, "volumeSize"],
  ];
  it.each(refusals)("refuses %s", async (_sentence, gate, wantMessage) => {
    await expect(render(gate)).rejects.toThrow(wantMessage);
  });
});
