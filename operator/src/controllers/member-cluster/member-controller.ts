import { createHash } from "node:crypto";
import { FieldManager, groupVersion, Kinds, type MemberCluster, Reason } from "@tributary/contracts";
import { type Logger, TributaryError } from "@tributary/kit";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import { connectCluster } from "../../runtime/api/connect-cluster.ts";
import type { KubeObject, Unstructured } from "../../runtime/api/object.ts";
import type { ObjectReader } from "../../runtime/cache/object-cache.ts";
import type { ReconcileContext, ReconcileResult } from "../../runtime/control/controller.ts";
import { describeFailure } from "./describe-failure.ts";
import { Engagement } from "./engagement.ts";
import type { MemberChange, MemberDirectory, MemberProblem, MemberState } from "./member-directory.ts";
import { type ProbeResult, probeMember, requestedAccelerators } from "./probe.ts";
import { renderMemberStatus } from "./status.ts";

/** Time between two probes of a member that answers, in milliseconds. */
const probeIntervalMs = 10_000;
/** Time until a member that does not answer is tried again, in milliseconds. */
const retryIntervalMs = 3_000;

/** What the member controller needs. */
export interface MemberControllerDeps {
  readonly hub: ApiClient;
  readonly members: ObjectReader<MemberCluster & KubeObject>;
  /** Namespace of the Secrets with kubeconfigs. */
  readonly operatorNamespace: string;
  /** Id of this hub. */
  readonly hubId: string;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** Told when a member's object or state changed. */
  readonly onChange: (change: MemberChange | { readonly cluster: string }) => void;
}

interface Link {
  readonly credentialHash: string;
  readonly engagement: Engagement;
}

/** Keeps one link to each member cluster, says in its status how it is, and lets other controllers look through it. */
export class MemberController implements MemberDirectory {
  readonly #deps: MemberControllerDeps;
  readonly #links = new Map<string, Link>();
  readonly #states = new Map<string, MemberState>();

  constructor(deps: MemberControllerDeps) {
    this.#deps = deps;
  }

  /** State of a member as last probed. */
  readonly stateOf = (cluster: string): MemberState | undefined => {
    const member = this.#deps.members.get(cluster);
    if (member === undefined) return undefined;
    return this.#states.get(cluster) ?? this.#connecting(member);
  };

  /** Looks at one MemberCluster: link, probe, status. */
  readonly reconcile = async (cluster: string, { signal }: ReconcileContext): Promise<ReconcileResult> => {
    const member = this.#deps.members.get(cluster);
    if (member === undefined || member.metadata.deletionTimestamp !== undefined) {
      await this.#disengage(cluster);
      return undefined;
    }
    const before = this.#states.get(cluster);
    const { state, probe } = await this.#observe(member, signal);
    this.#states.set(cluster, state);
    await this.#writeStatus(member, state, probe, signal);
    if (before?.state !== state.state) this.#deps.onChange({ cluster });
    return { requeueAfterMs: state.state === "reachable" ? probeIntervalMs : retryIntervalMs };
  };

  /** Ends every link. */
  async close(): Promise<void> {
    await Promise.all([...this.#links.keys()].map((cluster) => this.#disengage(cluster)));
  }

  async #observe(member: MemberCluster, signal: AbortSignal): Promise<{ state: MemberState; probe?: ProbeResult }> {
    const cluster = member.metadata.name;
    try {
      const engagement = await this.#engage(member, signal);
      const probe = await probeMember(engagement.connection.client, signal);
      const heardMs = this.#deps.nowMs();
      if (!engagement.hasSynced())
        return {
          state: this.#unreachable(
            member,
            { reason: Reason.Connecting, message: `MemberCluster ${cluster}: its objects are being read` },
            heardMs,
          ),
        };
      return {
        state: { state: "reachable", heardMs, client: engagement.connection.client, view: engagement.view },
        probe,
      };
    } catch (error) {
      return { state: this.#unreachable(member, describeFailure(error, cluster)) };
    }
  }

  async #engage(member: MemberCluster, signal: AbortSignal): Promise<Engagement> {
    const cluster = member.metadata.name;
    const kubeconfig = await this.#readKubeconfig(member, signal);
    const namespaces = [...new Set(member.spec.namespaces.map((mapping) => mapping.member))].sort();
    const credentialHash = createHash("sha256")
      .update(JSON.stringify([kubeconfig, namespaces, member.metadata.uid]))
      .digest("hex");
    const present = this.#links.get(cluster);
    if (present?.credentialHash === credentialHash) return present.engagement;
    const engagement = new Engagement({
      connection: connectCluster(kubeconfig, { cluster }),
      namespaces,
      origin: this.#deps.hubId,
      onChange: this.#deps.onChange,
      onError: (error, key) => this.#deps.log.error({ err: error, cluster, object: key }, "a listener failed"),
    });
    engagement.start();
    this.#links.set(cluster, { credentialHash, engagement });
    if (present !== undefined) await present.engagement.close();
    return engagement;
  }

  async #readKubeconfig(member: MemberCluster, signal: AbortSignal): Promise<string> {
    const { secretName } = member.spec.access.kubeconfig;
    const namespace = this.#deps.operatorNamespace;
    const secret = await this.#deps.hub.get<Unstructured>(Kinds.Secret, { namespace, name: secretName }, { signal });
    const encoded = (secret?.data as Record<string, string> | undefined)?.kubeconfig;
    if (encoded !== undefined) return Buffer.from(encoded, "base64").toString("utf8");
    const problem = secret === undefined ? "does not exist" : "has no key kubeconfig";
    throw new TributaryError(
      "SECRET_NOT_FOUND",
      `Secret ${namespace}/${secretName} ${problem}; run kubectl tributary join again`,
    );
  }

  #connecting(member: MemberCluster): MemberState {
    return this.#unreachable(member, {
      reason: Reason.Connecting,
      message: `MemberCluster ${member.metadata.name} is being connected`,
    });
  }

  /** The first loss counts: it survives failed retries, and a restart of the operator through the status. */
  #unreachable(member: MemberCluster, problem: MemberProblem, heardNowMs?: number): MemberState {
    const before = this.#states.get(member.metadata.name);
    const heardMs = heardNowMs ?? (before === undefined ? parseTime(member.status?.lastHeardTime) : before.heardMs);
    const since =
      before?.state === "unreachable"
        ? before.sinceMs
        : (parseTime(member.status?.disconnectedSince) ?? this.#deps.nowMs());
    return { state: "unreachable", problem, sinceMs: since, ...(heardMs === undefined ? {} : { heardMs }) };
  }

  async #writeStatus(
    member: MemberCluster,
    state: MemberState,
    probe: ProbeResult | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const pods =
      state.state === "reachable"
        ? member.spec.namespaces.flatMap(({ member: namespace }) => this.#podsIn(member.metadata.name, namespace))
        : [];
    const status = renderMemberStatus(member, state, probe, requestedAccelerators(pods), this.#deps.nowMs());
    if (status === undefined) return;
    const intent = {
      apiVersion: groupVersion,
      kind: "MemberCluster",
      metadata: { name: member.metadata.name },
      status,
    };
    await this.#deps.hub.applyStatus(Kinds.MemberCluster, intent as KubeObject, {
      fieldManager: FieldManager.OperatorStatus,
      force: true,
      signal,
    });
  }

  #podsIn(cluster: string, namespace: string): Unstructured[] {
    return this.#links.get(cluster)?.engagement.view.podsIn(namespace) ?? [];
  }

  async #disengage(cluster: string): Promise<void> {
    const link = this.#links.get(cluster);
    this.#links.delete(cluster);
    this.#states.delete(cluster);
    await link?.engagement.close();
  }
}

function parseTime(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}
