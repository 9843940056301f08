import { Kinds } from "@tributary/contracts";
import { afterEach, expect, it } from "vitest";
import { createFakeClock } from "../runtime/testing/fake-clock.ts";
import { answer, type FaultEndpoint, type FaultScript, startFaultEndpoint } from "../runtime/testing/fault-endpoint.ts";
import { createMemberLink } from "./member-link.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const cut: FaultScript = (_request, _response, socket) => socket.destroy();
const hang: FaultScript = () => {};

function kubeconfigOf({ url, ca }: FaultEndpoint): string {
  const cluster = { server: url, "certificate-authority-data": Buffer.from(ca).toString("base64") };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "edge", cluster }],
    users: [{ name: "hub", user: { token: "t" } }],
    contexts: [{ name: "edge", context: { cluster: "edge", user: "hub" } }],
    "current-context": "edge",
  });
}

async function aLink() {
  const endpoint = await startFaultEndpoint();
  const clock = createFakeClock();
  const link = createMemberLink({
    member: "edge",
    kubeconfig: kubeconfigOf(endpoint),
    clock,
    random: () => 0,
    follow: () => ({ view: undefined }),
    onHeard: () => {},
    onUnheard: () => {},
    onWarning: () => {},
  });
  closers.push(async () => {
    await link.close();
    await endpoint.close();
  });
  return { endpoint, clock, client: link.client };
}

it("comes back when the call that tried a cluster that was away was given up, as a watch of a namespace that is followed no more", async () => {
  const { endpoint, clock, client } = await aLink();
  endpoint.script(cut);
  const create = () => client.create(Kinds.ConfigMap, { metadata: { namespace: "jobs", name: "a" } });
  for (let failure = 0; failure < 5; failure += 1) await expect(create()).rejects.toThrow();
  await expect(create()).rejects.toMatchObject({ details: { reason: "CircuitOpen" } });
  await clock.advance(1_000);
  endpoint.script(hang);
  const sent = endpoint.requests.length;
  const caller = new AbortController();
  const trial = client.get(Kinds.ConfigMap, { namespace: "jobs", name: "a" }, { signal: caller.signal });
  const ended = expect(trial).rejects.toMatchObject({ code: "OPERATION_ABORTED" });
  while (endpoint.requests.length === sent) await new Promise((resolve) => setImmediate(resolve));
  caller.abort(new Error("not followed any more"));
  await ended;
  endpoint.script(answer(200, { metadata: { name: "a" } }));
  await expect(client.get(Kinds.ConfigMap, { namespace: "jobs", name: "a" })).resolves.toMatchObject({
    metadata: { name: "a" },
  });
});
