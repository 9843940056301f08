import { FieldManager, groupVersion, Kinds, type MemberCluster, Reason } from "@tributary/contracts";
import { asTributaryError, type Logger, TributaryError } from "@tributary/kit";
import { kubeconfigKey, readKubeconfigSecret, type SecretObject } from "../../members/kubeconfig-secret.ts";
import { readLossClock } from "../../members/loss-clock.ts";
import { createMemberLinks, type MemberLinks, type MemberLinksOptions } from "../../members/member-links.ts";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { KubeObject } from "../../runtime/api/object.ts";
import type { ObjectReader } from "../../runtime/cache/object-cache.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { ReconcileContext, ReconcileResult } from "../../runtime/control/controller.ts";
import { describeFailure } from "./describe-failure.ts";
import { type FollowOptions, followMember } from "./follow-member.ts";
import type { MemberChange, MemberDirectory, MemberProblem, MemberState, MemberView } from "./member-directory.ts";
import { type ProbeResult, probeMember, requestedAccelerators } from "./probe.ts";
import { renderMemberStatus } from "./status.ts";
import { type MemberNote, tellMemberTransition } from "./transitions.ts";

/** Time between two looks at a member that answers, in milliseconds. */
const lookIntervalMs = 10_000;
/** Time until a member that does not answer is looked at again, in milliseconds. */
const retryIntervalMs = 3_000;

/** What the member controller needs; `admit`, `observe` and `track` as the links take them. */
export interface MemberControllerDeps extends Pick<MemberLinksOptions<MemberView>, "admit" | "observe" | "track"> {
  readonly hub: ApiClient;
  readonly members: ObjectReader<MemberCluster & KubeObject>;
  /** Namespace of the Secrets with kubeconfigs. */
  readonly operatorNamespace: string;
  /** Id of this hub. */
  readonly hubId: string;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** Makes the listener of an informer's reports, for metrics. */
  readonly watchReports: FollowOptions["watchReports"];
  /** Told when an object in a member changed, or the state of the member itself. */
  readonly onChange: (change: MemberChange | { readonly cluster: string }) => void;
  /** Tells people what happened to a member. */
  readonly tell: (member: MemberCluster & KubeObject, note: MemberNote) => void;
}

/** Keeps one link to each member cluster, says in its status how it is, and lets other controllers look through it. */
export class MemberController implements MemberDirectory {
  readonly #deps: MemberControllerDeps;
  readonly #links: MemberLinks<MemberView>;
  /** Why a member has no usable kubeconfig, by name. */
  readonly #problems = new Map<string, TributaryError>();

  constructor(deps: MemberControllerDeps) {
    this.#deps = deps;
    const { log } = deps;
    this.#links = createMemberLinks<MemberView>({
      clock: systemClock,
      random: Math.random,
      retry: { initialMs: 1_000, maxMs: 320_000, factor: 2 },
      follow: (client, cluster) =>
        followMember(client, {
          namespaces: namespacesOf(deps.members.get(cluster)),
          origin: deps.hubId,
          onChange: deps.onChange,
          watchReports: deps.watchReports,
          onError: (error, key) => log.error({ err: error, cluster, object: key }, "a listener failed"),
        }),
      onChange: (cluster) => deps.onChange({ cluster }),
      onWarning: (cluster, error) =>
        log.warn({ cluster, code: error.code, err: error.message }, "a member's link has a problem"),
      ...(deps.admit ? { admit: deps.admit } : {}),
      ...(deps.observe ? { observe: deps.observe } : {}),
      ...(deps.track ? { track: deps.track } : {}),
      saveKubeconfig: (cluster, kubeconfig, signal) => this.#saveKubeconfig(cluster, kubeconfig, signal),
    });
  }

  /** The links, for metrics. */
  get links(): Pick<MemberLinks<MemberView>, "members" | "stateOf"> {
    return this.#links;
  }

  /** State of a member; undefined when no MemberCluster has this name. */
  readonly stateOf = (cluster: string): MemberState | undefined => {
    const member = this.#deps.members.get(cluster);
    if (member === undefined) return undefined;
    const known = this.#links.stateOf(cluster);
    const clock = known?.lossClock ?? readLossClock(member.status);
    const heard = clock.lastHeardMs === undefined ? {} : { heardMs: clock.lastHeardMs };
    if (known?.isReachable && known.link !== undefined) {
      return { state: "reachable", heardMs: clock.lastHeardMs ?? this.#deps.nowMs(), ...known.link };
    }
    return {
      state: "unreachable",
      problem: this.#problemOf(cluster, known?.problem),
      sinceMs: clock.disconnectedSinceMs ?? this.#deps.nowMs(),
      ...heard,
    };
  };

  /** Looks at one MemberCluster: link, what it offers, status. */
  readonly reconcile = async (cluster: string, { signal }: ReconcileContext): Promise<ReconcileResult> => {
    const member = this.#deps.members.get(cluster);
    if (member === undefined || member.metadata.deletionTimestamp !== undefined) {
      this.#problems.delete(cluster);
      await this.#links.disengage(cluster);
      return undefined;
    }
    await this.#engage(member, signal);
    const state = this.stateOf(cluster) as MemberState;
    await this.#writeStatus(member, state, await this.#probe(state, signal), signal);
    return { requeueAfterMs: state.state === "reachable" ? lookIntervalMs : retryIntervalMs };
  };

  /** Ends every link. */
  close(): Promise<void> {
    return this.#links.close();
  }

  async #engage(member: MemberCluster, signal: AbortSignal): Promise<void> {
    const { name, uid = "" } = member.metadata;
    const { secretName } = member.spec.access.kubeconfig;
    const namespace = this.#deps.operatorNamespace;
    try {
      const secret = await this.#deps.hub.get<SecretObject>(Kinds.Secret, { namespace, name: secretName }, { signal });
      const kubeconfig = readKubeconfigSecret(secretName, secret);
      // Other namespaces need other watches, hence another link.
      const identity = `${uid}/${namespacesOf(member).join(",")}`;
      this.#links.engage({ name, uid: identity, kubeconfig, lossClock: readLossClock(member.status) });
      this.#problems.delete(name);
    } catch (error) {
      this.#problems.set(name, asTributaryError(error));
    }
  }

  async #probe(state: MemberState, signal: AbortSignal): Promise<ProbeResult | undefined> {
    if (state.state !== "reachable") return undefined;
    try {
      return await probeMember(state.client, signal);
    } catch (error) {
      // The link's own heartbeat decides on reachability; what the member offers is then simply as last known.
      this.#deps.log.warn({ err: asTributaryError(error).message }, "a member could not be asked what it offers");
      return undefined;
    }
  }

  #problemOf(cluster: string, ofLink: TributaryError | undefined): MemberProblem {
    const problem = ofLink ?? this.#problems.get(cluster);
    const secretName = this.#deps.members.get(cluster)?.spec.access.kubeconfig.secretName;
    if (problem !== undefined) return describeFailure(problem, cluster, secretName);
    return { reason: Reason.Connecting, message: `MemberCluster ${cluster} is being connected` };
  }

  async #saveKubeconfig(cluster: string, kubeconfig: string, signal: AbortSignal): Promise<void> {
    const member = this.#deps.members.get(cluster);
    if (member === undefined)
      throw new TributaryError("CLUSTER_NOT_FOUND", `MemberCluster ${cluster} does not exist any more`);
    const metadata = { name: member.spec.access.kubeconfig.secretName, namespace: this.#deps.operatorNamespace };
    const intent = { metadata, data: { [kubeconfigKey]: Buffer.from(kubeconfig).toString("base64") } };
    await this.#deps.hub.apply(Kinds.Secret, intent as KubeObject, {
      fieldManager: FieldManager.Operator,
      force: true,
      signal,
    });
  }

  async #writeStatus(
    member: MemberCluster & KubeObject,
    state: MemberState,
    probe: ProbeResult | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const pods =
      state.state === "reachable" ? namespacesOf(member).flatMap((namespace) => state.view.podsIn(namespace)) : [];
    const expiresAtMs = this.#links.stateOf(member.metadata.name)?.credentialExpiresAtMs;
    const status = renderMemberStatus(member, state, {
      probe,
      requested: requestedAccelerators(pods),
      expiresAtMs,
      nowMs: this.#deps.nowMs(),
    });
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
    const note = tellMemberTransition(member.status, status);
    if (note !== undefined) this.#deps.tell(member, note);
  }
}

function namespacesOf(member: MemberCluster | undefined): string[] {
  return [...new Set((member?.spec.namespaces ?? []).map((mapping) => mapping.member))].sort();
}
