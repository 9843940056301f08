import { showValue } from "@tributary/contracts/fields";
import { type Finding, isRecord, join } from "../finding.ts";

/** What the API server looks at in owners, besides the types of their fields. */
export function ownerFindings(path: string, owners: readonly unknown[]): Finding[] {
  const controllers = owners.flatMap((owner, index) => (isRecord(owner) && owner.controller === true ? [index] : []));
  const second = controllers.slice(1).map((index) => ({
    path: join(`${path}[${index}]`, "controller"),
    message: "is true, as that of an earlier owner is; only one may be the controller",
  }));
  return [
    ...owners.flatMap((owner, index) => (isRecord(owner) ? ownerProblems(`${path}[${index}]`, owner) : [])),
    ...second,
  ];
}

function ownerProblems(path: string, owner: Readonly<Record<string, unknown>>): Finding[] {
  const empty = ["kind", "name", "uid"]
    .filter((field) => owner[field] === "")
    .map((field) => ({ path: join(path, field), message: 'is ""; must not be empty' }));
  const { apiVersion, kind } = owner;
  if (typeof apiVersion === "string" && !/^(?:[^/]+\/)?[^/]+$/u.test(apiVersion))
    empty.push({
      path: join(path, "apiVersion"),
      message: `is ${showValue(apiVersion)}; must be a version, or group/version`,
    });
  if (apiVersion === "v1" && kind === "Event")
    empty.push({ path: join(path, "kind"), message: "is Event; an event owns nothing" });
  return empty;
}
