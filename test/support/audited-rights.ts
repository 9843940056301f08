import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RenderedObject } from "./charts.ts";

/** What an API server noted of one call. */
interface AuditedCall {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly apiGroup?: string; readonly resource: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
}

/** The audit log of one API server. */
export interface AuditLog {
  /** Flags of the API server that is to write it. */
  readonly apiServerFlags: readonly string[];
  /** Rights that a user made use of, `verb resource.group`, and the calls that were forbidden to it. */
  read(user: string): Promise<{ readonly used: ReadonlySet<string>; readonly forbidden: readonly string[] }>;
  remove(): Promise<void>;
}

export async function createAuditLog(): Promise<AuditLog> {
  const folder = await mkdtemp(join(tmpdir(), "audit-"));
  const rules = [{ level: "Metadata" }];
  const stages = ["RequestReceived"];
  const policy = { apiVersion: "audit.k8s.io/v1", kind: "Policy", omitStages: stages, rules };
  await writeFile(join(folder, "policy.json"), JSON.stringify(policy));
  return {
    apiServerFlags: [
      `--audit-policy-file=${join(folder, "policy.json")}`,
      `--audit-log-path=${join(folder, "audit")}`,
      "--audit-log-mode=blocking",
    ],
    async read(user) {
      const lines = (await readFile(join(folder, "audit"), "utf8")).split("\n").filter(Boolean);
      const calls = lines.map((line) => JSON.parse(line) as AuditedCall);
      const own = calls.filter((call) => call.user.username === user && call.objectRef !== undefined);
      const allowed = own.filter((call) => call.responseStatus?.code !== 403);
      return {
        used: new Set(allowed.flatMap(rightsOf)),
        forbidden: own.filter((call) => call.responseStatus?.code === 403).flatMap(rightsOf),
      };
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

/** A patch that answers 201 made the object, for which the right to create it is asked too. */
function rightsOf({ verb, objectRef, responseStatus }: AuditedCall): string[] {
  const { apiGroup = "", resource, subresource } = objectRef!;
  const what = nameOf(apiGroup, subresource === undefined ? resource : `${resource}/${subresource}`);
  return [`${verb} ${what}`, ...(verb === "patch" && responseStatus?.code === 201 ? [`create ${what}`] : [])];
}

const nameOf = (group: string, resource: string): string => (group === "" ? resource : `${resource}.${group}`);

/** Rights that the roles of a rendered chart give to an account, written as {@link AuditLog.read} does. */
export function grantedTo(account: string, objects: readonly RenderedObject[]): ReadonlySet<string> {
  const bindings = objects.filter(
    ({ kind, subjects }) =>
      kind.endsWith("RoleBinding") && subjects.some(({ name }: { name: string }) => name === account),
  );
  const bound = new Set(bindings.map(({ roleRef }) => `${roleRef.kind} ${roleRef.name}`));
  const roles = objects.filter(({ kind, metadata }) => bound.has(`${kind} ${metadata.name}`));
  return new Set(
    roles.flatMap(({ rules }) =>
      rules.flatMap((rule: { apiGroups: string[]; resources: string[]; verbs: string[] }) =>
        rule.apiGroups.flatMap((group) =>
          rule.resources.flatMap((resource) => rule.verbs.map((verb) => `${verb} ${nameOf(group, resource)}`)),
        ),
      ),
    ),
  );
}
