import { memberValues, type RenderedObject, renderChart } from "@tributary/test";
import { clusterRights, namespaceRights, type Right } from "kubectl-tributary";
import { beforeAll, describe, expect, it } from "vitest";

const helmBuildTimeoutMs = 15 * 60_000;
const gateNamespace = "tributary-gate";
const account = { namespace: "tributary-jobs", name: "tributary-hub" };

const renderMember = (jobNamespaces: readonly string[], more: object = {}): Promise<RenderedObject[]> =>
  renderChart({
    chart: "tributary-member",
    release: "tributary",
    namespace: gateNamespace,
    values: { ...memberValues, jobNamespaces: jobNamespaces.map((name) => ({ name })), ...more },
  });

let narrow: RenderedObject[];
let wide: RenderedObject[];
/** One runtime that is another in each of two namespaces. */
let divided: RenderedObject[];
/** A runtime that one of two namespaces has. */
let partial: RenderedObject[];

beforeAll(async () => {
  const [noop, notes] = memberValues.runtimes;
  const inEach = ["another", "tributary-jobs"].map((name, index) => ({
    ...notes,
    namespaces: [name],
    trainer: { ...notes!.trainer, image: { repository: "registry.example/trainer", tag: `${index}` } },
  }));
  narrow = await renderMember(["tributary-jobs"]);
  wide = await renderMember(["another", "tributary-jobs"]);
  partial = await renderMember(["another", "tributary-jobs"], { runtimes: [noop, inEach[1]] });
  divided = await renderMember(["another", "tributary-jobs"], { runtimes: [noop, ...inEach] });
}, helmBuildTimeoutMs);

const only = (objects: readonly RenderedObject[], kind: string) => objects.filter((object) => object.kind === kind);
const keyOf = ({ kind, metadata }: RenderedObject) => `${kind} ${metadata.namespace ?? ""} ${metadata.name}`;

/**
 * The states of a cluster while Helm upgrades: it writes the objects in the order in which it renders them, then removes those of
 * before that it no longer renders.
 */
function statesBetween(before: readonly RenderedObject[], after: readonly RenderedObject[]): RenderedObject[][] {
  const state = new Map(before.map((object) => [keyOf(object), object]));
  const states = [[...state.values()]];
  for (const object of after) {
    state.set(keyOf(object), object);
    states.push([...state.values()]);
  }
  const kept = new Set(after.map(keyOf));
  for (const key of [...state.keys()].filter((each) => !kept.has(each))) {
    state.delete(key);
    states.push([...state.values()]);
  }
  return states;
}

function selects(binding: RenderedObject, namespace: string): boolean {
  const expressions = binding.spec.matchResources?.namespaceSelector?.matchExpressions ?? [];
  return expressions.every(
    ({ key, operator, values }: { key: string; operator: string; values: readonly string[] }) =>
      key === "kubernetes.io/metadata.name" && values.includes(namespace) === (operator === "In"),
  );
}

/** Whether a policy looks at a namespace. */
const looks = (objects: readonly RenderedObject[], policy: string, namespace: string): boolean =>
  only(objects, "ValidatingAdmissionPolicyBinding").some(
    (binding) => binding.spec.policyName === policy && selects(binding, namespace),
  );
const isClosed = (objects: readonly RenderedObject[], namespace: string): boolean =>
  looks(objects, "tributary-hub-writes-nowhere-else", namespace);

/** Namespaces in which the hub has rights though the policies that judge what it writes do not all look there. */
function unjudged(objects: readonly RenderedObject[]): string[] {
  const granted = only(objects, "RoleBinding")
    .filter(({ roleRef }) => roleRef.name === account.name)
    .map(({ metadata }) => metadata.namespace!);
  return granted.filter(
    (namespace) =>
      !isClosed(objects, namespace) &&
      !(
        looks(objects, "tributary-hub-writes-its-own", namespace) &&
        looks(objects, "tributary-no-other-workers", namespace)
      ),
  );
}

/** What is offered though no policy compares it with the PodTemplate of its namespace. */
function uncompared(objects: readonly RenderedObject[]): string[] {
  const bindings = only(objects, "ValidatingAdmissionPolicyBinding");
  const { name } = bindings.find(({ spec }) => spec.policyName === "tributary-no-other-workers")!.spec.paramRef;
  const { offers } = objects.find((object) => object.kind === "ConfigMap" && object.metadata.name === name)!.data;
  return offers.split("\n").filter((offer: string) => {
    const [namespace = "", runtime, dataset] = offer.split(" ");
    const template = dataset === "-" ? runtime : `${runtime}.${dataset}`;
    const wanted = [
      { key: "tributary.dev/runtime", operator: "In", values: [runtime] },
      dataset === "-"
        ? { key: "tributary.dev/dataset", operator: "DoesNotExist" }
        : { key: "tributary.dev/dataset", operator: "In", values: [dataset] },
    ];
    const comparing = bindings.filter(
      (binding) =>
        binding.spec.policyName === "tributary-workers" &&
        binding.spec.paramRef.name === template &&
        selects(binding, namespace) &&
        JSON.stringify(binding.spec.matchResources.objectSelector.matchExpressions) === JSON.stringify(wanted),
    );
    if (isClosed(objects, namespace)) return false;
    return (
      comparing.length !== 1 || !objects.some((object) => keyOf(object) === `PodTemplate ${namespace} ${template}`)
    );
  });
}

describe("the member chart", () => {
  it.each([
    ["one job namespace", () => narrow],
    ["two job namespaces", () => wide],
    ["one runtime that is another in each namespace", () => divided],
    ["a runtime that one of two namespaces has", () => partial],
  ])("renders no object twice and compares all that it offers, with %s", (_what, objects) => {
    const keys = objects().map(keyOf);
    expect(keys.filter((key, index) => keys.indexOf(key) < index)).toEqual([]);
    expect(uncompared(objects())).toEqual([]);
  });
});

/** What is offered, as `namespace template`, with the version that a Job must have been made from to get more pods. */
function offeredVersions(objects: readonly RenderedObject[]): Record<string, string | undefined> {
  const { offers } = only(objects, "ConfigMap").find(({ metadata }) => metadata.name.startsWith("tributary-offers-"))!
    .data as { offers: string };
  const lines = offers.split("\n").map((line) => line.split(" "));
  return Object.fromEntries(
    lines.map(([namespace, runtime, dataset, _workers, version]) => [
      `${namespace} ${dataset === "-" ? runtime : `${runtime}.${dataset}`}`,
      version,
    ]),
  );
}

describe("the version of a runtime", () => {
  const [noop, notes] = memberValues.runtimes;
  const offers = async (changes: object, more: object = {}) =>
    offeredVersions(await renderMember(["tributary-jobs"], { runtimes: [noop, { ...notes, ...changes }], ...more }));

  it("is offered as the pods' label says it, in each namespace", () => {
    for (const objects of [narrow, wide, divided, partial]) {
      const labels = only(objects, "PodTemplate").map(({ metadata, template }) => [
        `${metadata.namespace} ${metadata.name}`,
        template.metadata.labels["tributary.dev/runtime-version"],
      ]);
      expect(offeredVersions(objects)).toEqual(Object.fromEntries(labels));
    }
    expect(new Set(Object.values(offeredVersions(divided))).size).toBe(3);
  });

  it.each<[string, object, object?]>([
    ["image", { trainer: { ...notes!.trainer, image: { repository: "registry.example/trainer", tag: "other" } } }],
    ["folder", { subPath: "other" }],
    ["claim", { claimName: "other" }],
    ["accelerator limit", { trainer: { ...notes!.trainer, acceleratorLimits: { "nvidia.com/gpu": 1 } } }],
    ["image of the sidecar", {}, { dataplaneImage: { repository: "registry.example/dataplane", tag: "other" } }],
  ])("is another with another %s", async (_what, changes, more) => {
    const before = await offers({});
    const after = await offers(changes, more);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(after["tributary-jobs tfjs.notes-aws"]).not.toBe(before["tributary-jobs tfjs.notes-aws"]);
  });

  it("stays with another largest number of workers", async () => {
    expect(await offers({ maxWorkers: 7 })).toEqual(await offers({}));
  });
});

describe("job namespaces of the member chart", () => {
  it.each([
    ["added", () => [narrow, wide] as const],
    ["taken away", () => [wide, narrow] as const],
    ["added with a runtime of its own", () => [narrow, divided] as const],
    ["taken away with a runtime of its own", () => [divided, narrow] as const],
    ["given a runtime of its own", () => [wide, divided] as const],
    ["given the runtime of all", () => [divided, wide] as const],
    ["given a runtime more", () => [partial, wide] as const],
    ["left a runtime less", () => [wide, partial] as const],
    ["left one of two runtimes of one name", () => [divided, partial] as const],
  ])("are judged by every policy at each step of an upgrade in which one is %s", (_what, releases) => {
    const [before, after] = releases();
    const states = statesBetween(before, after);
    expect(states.length).toBeGreaterThan(20);
    expect(states.flatMap(unjudged)).toEqual([]);
    expect(states.flatMap(uncompared)).toEqual([]);
  });

  it("are open to the hub once the upgrade has ended", () => {
    expect(isClosed(narrow, "another")).toBe(true);
    expect(["another", "tributary-jobs"].filter((namespace) => isClosed(wide, namespace))).toEqual([]);
  });
});

/** A right as one text, with all that narrows it. */
const textOf = ({ verb, group, resource, subresource, namespace, name }: Right): string =>
  [
    verb,
    group,
    subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace ?? "*",
    name ?? "*",
  ].join(" ");

/** What the roles of a rendered member give to the hub's account. */
function grantedRights(objects: readonly RenderedObject[]): string[] {
  const bindings = objects.filter(
    ({ kind, subjects }) =>
      kind.endsWith("RoleBinding") &&
      subjects.some(
        (subject: { name: string; namespace: string }) =>
          subject.name === account.name && subject.namespace === account.namespace,
      ),
  );
  return bindings.flatMap(({ roleRef, metadata }) => {
    const role = objects.find(
      (object) =>
        object.kind === roleRef.kind &&
        object.metadata.name === roleRef.name &&
        object.metadata.namespace === metadata.namespace,
    )!;
    return role.rules.flatMap((rule: Record<"apiGroups" | "resources" | "verbs" | "resourceNames", string[]>) =>
      rule.apiGroups.flatMap((group) =>
        rule.resources.flatMap((what) => {
          const [resource = "", subresource] = what.split("/");
          return rule.verbs.flatMap((verb) =>
            (rule.resourceNames ?? [undefined]).map((name) =>
              textOf({
                verb,
                group,
                resource,
                ...(subresource === undefined ? {} : { subresource }),
                ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
                ...(name === undefined ? {} : { name }),
              }),
            ),
          );
        }),
      ),
    );
  });
}

describe("the rights that kubectl tributary join asks for", () => {
  it.each([
    ["one job namespace", () => narrow, ["tributary-jobs"]],
    ["two job namespaces", () => wide, ["another", "tributary-jobs"]],
  ])("are those that the member chart grants with %s, no more and no fewer", (_what, objects, namespaces) => {
    const asked = [...clusterRights(account), ...namespaces.flatMap(namespaceRights)].map(textOf);
    expect(grantedRights(objects()).sort()).toEqual(asked.sort());
  });
});
