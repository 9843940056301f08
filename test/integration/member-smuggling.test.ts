import { toStandardError } from "@tributary/clouds";
import { type ChartApi, jobNamespace, memberValues, type RenderedObject, startMemberApi } from "@tributary/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderSeat } from "../support/render-seat.ts";
import { type ApiAnswer, type ApiCall, type ApiCaller, callAs } from "../support/smuggling/api-caller.ts";
import {
  type Attempt,
  configMapAttempts,
  createCall,
  deletionAttempts,
  elsewhereAttempts,
  type Ground,
  jobAttempts,
  joinedLabelAttempts,
  otherKindAttempts,
  replaceCall,
  tokenAttempts,
  tokenCall,
} from "../support/smuggling/attempts.ts";
import { joinedLabels } from "../support/smuggling/job-mutations.ts";
import { until } from "../support/until.ts";

const account = "tributary-hub";
const elsewhere = "elsewhere";
const seed = Number(process.env.TRIBUTARY_SMUGGLING_SEED ?? 20_261_130);
const { trainer } = memberValues.runtimes[0]!;
const dataset = { name: "tfjs", claimName: "notes", trainer };
// As an admin writes them who adds the audience of the API server: whole, without anchors.
const audiences = ["https://kubernetes\\.default\\.svc(\\.cluster\\.local)?", "api"];
const values = {
  ...memberValues,
  hub: { ...memberValues.hub, token: { audiences } },
  runtimes: [
    { name: "noop", trainer, maxWorkers: 8 },
    {
      name: "tfjs",
      trainer: { ...trainer, acceleratorLimits: { "nvidia.com/gpu": 4, "amd.com/gpu": 2 } },
      maxWorkers: 8,
    },
    { ...dataset, dataset: "notes-aws", subPath: "legal", maxWorkers: 8 },
    { ...dataset, dataset: "notes-lab", volumeMedium: "Memory", nodeSelector: { pool: "gpu" }, maxWorkers: 8 },
  ],
};
const runtimes = ["noop", "tfjs", "tfjs.notes-aws", "tfjs.notes-lab"];

let member: ChartApi;
let hub: ApiCaller;
let ground: Ground;
let attempts: readonly Attempt[];

beforeAll(async () => {
  member = await startMemberApi(values);
  const { controlPlane } = member;
  hub = callAs(controlPlane.url, controlPlane.authorityPem, member.token);
  await controlPlane.kubectl(["create", "configmap", "settings", `--namespace=${jobNamespace}`, "--from-literal=a=b"]);
  await controlPlane.kubectl(["create", "secret", "generic", "key", `--namespace=${jobNamespace}`]);
  await grantMore(elsewhere);
  await policiesAre("enforced");
  ground = await prepareGround();
  attempts = [
    ...jobAttempts(ground, 200, seed),
    ...joinedLabelAttempts(ground),
    ...configMapAttempts(ground),
    ...tokenAttempts(ground),
    ...deletionAttempts(ground),
    ...elsewhereAttempts(ground),
    ...otherKindAttempts(ground),
  ];
});

afterAll(async () => {
  hub?.close();
  await member?.controlPlane.stop();
});

/** A seat as the operator renders it from the runtime that the API server returns. */
async function seatOf(runtime: string, job: string, workers = 2, accelerator?: { resource: string; count: number }) {
  const { body } = await hub.call({
    method: "GET",
    path: `/api/v1/namespaces/${jobNamespace}/podtemplates?fieldSelector=metadata.name%3D${runtime}`,
  });
  const [template] = body.items;
  return renderSeat(template, { job, workers, accelerator });
}

const owned = (batchJob: RenderedObject, anchor: RenderedObject): RenderedObject => {
  const { name, uid = "not-made-yet" } = anchor.metadata as { name: string; uid?: string };
  const owner = { apiVersion: "v1", kind: "ConfigMap", name, uid, controller: true, blockOwnerDeletion: false };
  return { ...batchJob, metadata: { ...batchJob.metadata, ownerReferences: [owner] } } as RenderedObject;
};

const asAdmin = (args: readonly string[], input?: string) => member.controlPlane.kubectl(args, input);

/** Rights that do not come from the chart: the hub's own in a namespace more, and some that every account of the job namespace has. */
async function grantMore(namespace: string): Promise<void> {
  await asAdmin(["create", "namespace", namespace]);
  const role = JSON.parse(await asAdmin(["get", "role", account, `--namespace=${jobNamespace}`, "-o", "json"]));
  const metadata = { name: account, namespace };
  await asAdmin(["create", "-f", "-"], JSON.stringify({ ...role, metadata }));
  const who = `--serviceaccount=${jobNamespace}:${account}`;
  await asAdmin(["create", "rolebinding", account, `--role=${account}`, who, `--namespace=${namespace}`]);
  const all = `--group=system:serviceaccounts:${jobNamespace}`;
  await asAdmin(["create", "rolebinding", "all", "--clusterrole=admin", all, `--namespace=${jobNamespace}`]);
}

/** Makes an object for good. */
async function make(object: RenderedObject): Promise<RenderedObject> {
  const call = createCall(object);
  const { status, body } = await hub.call({ ...call, path: call.path.split("?")[0]! });
  expect([status, body.message]).toEqual([201, undefined]);
  return { ...body, apiVersion: object.apiVersion, kind: object.kind };
}

async function makeSeat(name: string, suspend: boolean) {
  const { anchor, batchJob } = await seatOf("tfjs.notes-aws", name);
  const made = await make(anchor);
  return {
    anchor: made,
    batchJob: await make({ ...owned(batchJob, made), spec: { ...batchJob.spec, suspend } }),
  };
}

async function prepareGround(): Promise<Ground> {
  const suspended = await makeSeat("suspended", true);
  const running = await makeSeat("running", false);
  const seats = await Promise.all(runtimes.map((runtime) => seatOf(runtime, "fresh")));
  const counted = { ...running.anchor, metadata: { ...running.anchor.metadata, finalizers: ["example.com/counted"] } };
  const replaced = await asAdmin(["replace", "-o", "json", "-f", "-"], JSON.stringify(counted));
  return {
    namespace: jobNamespace,
    account,
    fresh: seats.map(({ batchJob }) => batchJob),
    suspended: suspended.batchJob,
    running: running.batchJob,
    anchor: JSON.parse(replaced),
    foreign: ["kube-root-ca.crt", "settings"],
    secret: "key",
    elsewhere,
  };
}

/** Waits until each policy does, or no longer does, what it is there for: they are compiled after they are made. */
async function policiesAre(state: "enforced" | "gone"): Promise<void> {
  const { batchJob } = await seatOf("noop", "probe");
  const spec = structuredClone(batchJob.spec);
  spec.template.spec.hostNetwork = true;
  const labels = { ...batchJob.metadata.labels, "tributary.dev/runtime": "torch" };
  const unlabelled = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "probe", namespace: jobNamespace } };
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "probe" } };
  const probes: ApiCall[] = [
    createCall({ ...batchJob, spec }),
    createCall({ ...batchJob, metadata: { ...batchJob.metadata, labels } }),
    createCall(unlabelled),
    createCall({ ...batchJob, metadata: { ...batchJob.metadata, namespace: elsewhere } }),
    { method: "POST", path: `/api/v1/namespaces/${jobNamespace}/secrets?dryRun=All`, body: secret },
    tokenCall(jobNamespace, account, { expirationSeconds: 365 * 86_400 }),
  ];
  await until(`the policies are ${state}`, async () => {
    const answers = await Promise.all(probes.map((probe) => hub.call(probe)));
    return answers.every((answer) => isAdmitted(answer) === (state === "gone"));
  });
}

const deletion = (name: string, propagationPolicy: string): ApiCall => ({
  method: "DELETE",
  path: `/apis/batch/v1/namespaces/${jobNamespace}/jobs/${name}?dryRun=All`,
  body: { apiVersion: "v1", kind: "DeleteOptions", dryRun: ["All"], propagationPolicy },
});

const isAdmitted = ({ status }: ApiAnswer) => status >= 200 && status < 300;

async function tryAll(tried: readonly Attempt[]): Promise<ReadonlyMap<string, ApiAnswer>> {
  return new Map(await Promise.all(tried.map(async ({ name, call }) => [name, await hub.call(call)] as const)));
}

describe("a member with the chart's policies", () => {
  it("admits every honest Job, new and changed, and every honest anchor, token and deletion", async () => {
    const accelerators = [
      undefined,
      { resource: "nvidia.com/gpu", count: 1 },
      { resource: "nvidia.com/gpu", count: 4 },
    ];
    const seats = await Promise.all(
      runtimes.flatMap((runtime) =>
        [1, 2, 8].flatMap((workers) => accelerators.map((each) => seatOf(runtime, "honest", workers, each))),
      ),
    );
    const amd = await seatOf("tfjs", "honest", 2, { resource: "amd.com/gpu", count: 2 });
    const { anchor, suspended, running } = ground;
    const withSpec = (job: RenderedObject, spec: object) => replaceCall({ ...job, spec: { ...job.spec, ...spec } });
    const bound = { expirationSeconds: 86_400 };
    const calls: ApiCall[] = [
      ...[...seats, amd].flatMap((seat) => [createCall(seat.anchor), createCall(owned(seat.batchJob, seat.anchor))]),
      replaceCall(anchor),
      replaceCall({ ...anchor, data: { "worker.json": '{"version": 1}' } }),
      withSpec(suspended, { suspend: false }),
      withSpec(running, { suspend: true }),
      withSpec(running, { parallelism: 0 }),
      withSpec(running, { parallelism: 4, completions: 4 }),
      tokenCall(jobNamespace, account, bound),
      tokenCall(jobNamespace, account, { expirationSeconds: 600 }),
      deletion(running.metadata.name, "Background"),
      deletion(suspended.metadata.name, "Foreground"),
    ];
    const answers = await Promise.all(calls.map((call) => hub.call(call)));
    const refused = answers.filter((answer) => !isAdmitted(answer)).map(({ body }) => body.message);
    expect(refused).toEqual([]);
    expect(answers.length).toBeGreaterThan(80);
  });

  /** Changes the offers as an upgrade does, sees what the hub may do then, and puts them back. */
  async function whileOffersAre(change: (text: string) => string, look: () => Promise<void>): Promise<void> {
    const binding = JSON.parse(
      await asAdmin(["get", "validatingadmissionpolicybinding", "tributary-no-other-workers", "-o", "json"]),
    );
    const { name, namespace } = binding.spec.paramRef;
    const offers = JSON.parse(await asAdmin(["get", "configmap", name, `--namespace=${namespace}`, "-o", "json"]));
    const setOffers = (text: string) =>
      asAdmin(
        ["replace", "-f", "-"],
        JSON.stringify({ ...offers, metadata: { name, namespace }, data: { offers: text } }),
      );
    expect(change(offers.data.offers)).not.toBe(offers.data.offers);
    expect(isAdmitted(await resume())).toBe(true);
    await setOffers(change(offers.data.offers));
    try {
      await until("it is offered no longer", async () => !isAdmitted(await resume()));
      await look();
    } finally {
      await setOffers(offers.data.offers);
    }
    await until("it is offered again", async () => isAdmitted(await resume()));
  }

  const changed = (job: RenderedObject, spec: object) =>
    hub.call(replaceCall({ ...job, spec: { ...job.spec, ...spec } }));
  const resume = () => changed(ground.suspended, { suspend: false });

  it.each([
    ["of what is offered no longer", /^.* tfjs notes-aws .*\n/mu, "", "no longer offers"],
    [
      "of an earlier version of its runtime",
      /^(.* tfjs notes-aws \d+) .*$/mu,
      "$1 0123456789abcdef",
      "an earlier version",
    ],
  ])("gives no more pods to a Job %s, and lets it be ended", async (_what, line, becomes, message) => {
    const { suspended, running } = ground;
    await whileOffersAre(
      (text) => text.replace(line, becomes),
      async () => {
        expect((await resume()).body.message).toContain(message);
        const growth = await changed(running, { parallelism: 3, completions: 3 });
        expect([isAdmitted(growth), growth.body.message]).toEqual([
          false,
          expect.stringMatching(/more workers|must be at most 0/u),
        ]);
        for (const spec of [{ parallelism: 0 }, { parallelism: 1 }, { suspend: true }]) {
          expect(isAdmitted(await changed(running, spec)), JSON.stringify(spec)).toBe(true);
        }
        expect(isAdmitted(await hub.call(deletion(suspended.metadata.name, "Background")))).toBe(true);
      },
    );
  });

  it("admits none of 300 attempts to smuggle something in, each of which passes without the policies", async () => {
    const answers = await tryAll(attempts);
    const admitted = attempts.filter(({ name }) => isAdmitted(answers.get(name)!));
    expect(admitted.map(({ name }) => name)).toEqual([]);

    await member.controlPlane.kubectl(["delete", "validatingadmissionpolicybindings", "--all"]);
    await policiesAre("gone");
    const unguarded = await tryAll(attempts);
    const counted = attempts.filter(({ name }) => isAdmitted(unguarded.get(name)!));
    const bySomethingElse = counted.filter(
      ({ name }) => !String(answers.get(name)!.body.message).includes("ValidatingAdmissionPolicy 'tributary-"),
    );
    expect(bySomethingElse.map(({ name }) => name)).toEqual([]);
    toStandardError(
      `smuggling: seed ${seed}, ${attempts.length} attempts, ${counted.length} that nothing but the policies refuses`,
    );
    expect(counted.length).toBeGreaterThanOrEqual(300);
    // Each data set in one label with its runtime is among them, whatever the seed draws.
    const joined = ["notes-aws", "notes-lab"].flatMap((dataset) =>
      ["create", "apply"].map((way) => `${way} (tfjs, ${dataset}): ${joinedLabels}`),
    );
    expect(counted.map(({ name }) => name)).toEqual(expect.arrayContaining(joined));
    // Each kind of attempt has some that count.
    for (const way of [
      "create (",
      "apply (",
      "suspended Job",
      "running Job",
      "anchor",
      "settings",
      "a token",
      "delete ",
      "elsewhere:",
      "other kind:",
    ]) {
      expect(counted.filter(({ name }) => name.includes(way)).length, way).toBeGreaterThan(0);
    }
  });
});
