import { readFileSync } from "node:fs";
import type { PodTemplateView, PodView } from "../../kubernetes/pod-shape.ts";

const read = (file: string) => readFileSync(new URL(file, import.meta.url), "utf8");
// As an API server 1.34 showed them, by test/integration/gate-enrolment.test.ts: a pod to which all that is explained was added.
const [pod, runtime] = [read("worker-pod.json"), read("runtime.json")];

// biome-ignore lint/suspicious/noExplicitAny: changes reach into every part of an object
type Change = (object: any) => unknown;

/** A pod that the Job controller made of {@link aRuntime}, with a change. */
export function aWorkerPod(change: Change = () => {}): PodView {
  return changed(pod, change);
}

/** A PodTemplate of the member chart, with a change. */
export function aRuntime(change: Change = () => {}): PodTemplateView {
  return changed(runtime, change);
}

function changed<T>(text: string, change: Change): T {
  const copy = JSON.parse(text);
  change(copy);
  return copy;
}
