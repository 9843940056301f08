import {
  cleanupFinalizer,
  type FederatedTrainingJob,
  FieldManager,
  groupVersion,
  Kinds,
  type MemberCluster,
  Reason,
} from "@tributary/contracts";
import { asTributaryError, type Logger, TributaryError } from "@tributary/kit";
import { kubeconfigKey } from "../../members/kubeconfig-secret.ts";
import { readLossClock } from "../../members/loss-clock.ts";
import { createMemberLinks, type MemberLinks, type MemberLinksOptions } from "../../members/member-links.ts";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import { addFinalizer, removeFinalizer } from "../../runtime/api/k8s-finalizer.ts";
import { isDeleting, type KubeObject } from "../../runtime/api/object.ts";
import type { ObjectReader } from "../../runtime/cache/object-cache.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { ReconcileContext, ReconcileResult } from "../../runtime/control/controller.ts";
import type { LeftoverReport } from "../collector/leftover-report.ts";
import { readCredential, type SecretReading, type SecretVersion } from "./credential.ts";
import { decideRemoval, describeForcedRemoval, type Removal } from "./decide/removal.ts";
import { Departures } from "./departures.ts";
import { describeFailure } from "./describe-failure.ts";
import { type FollowedMember, followMember } from "./follow-member.ts";
import type { FollowOptions } from "./follow-options.ts";
import { type KnownNamespace, knownNamespaces } from "./known-namespaces.ts";
import type { MemberChange, MemberDirectory, MemberState } from "./member-directory.ts";
import { type MemberStanding, nextStanding } from "./member-standing.ts";
import { observeMember } from "./observe-member.ts";
import { observeRemoval } from "./observe-removal.ts";
import { refuseNewJobs } from "./refuse-new-jobs.ts";
import { ServerFactsReader } from "./server-facts.ts";
import type { MemberSnapshot } from "./snapshot.ts";
import { renderMemberStatus } from "./status.ts";
import { type MemberNote, tellMemberTransitions } from "./transitions.ts";

/**
 * Time between two looks at a member, in milliseconds: each reads the member's Secret by name, so that a deleted one ends the
 * link within seconds and the operator needs no right to list or watch Secrets.
 */
const lookIntervalMs = 5_000;
/** Time until a member that does not answer is looked at again, in milliseconds. */
const retryIntervalMs = 3_000;

type Member = MemberCluster & KubeObject;

/** What the member controller needs; `admit`, `observe` and `track` as the links take them. */
export interface MemberControllerDeps extends Pick<MemberLinksOptions<FollowedMember>, "admit" | "observe" | "track"> {
  readonly hub: ApiClient;
  readonly members: ObjectReader<Member>;
  readonly jobs: Pick<ObjectReader<FederatedTrainingJob & KubeObject>, "list">;
  /** Namespace of the Secrets with kubeconfigs. */
  readonly operatorNamespace: string;
  /** Id of this hub. */
  readonly hubId: string;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** Makes the listener of an informer's reports, for metrics. */
  readonly watchReports: FollowOptions["watchReports"];
  /** Counts the objects of a cache until the returned function is called. */
  readonly trackCache: FollowOptions["track"];
  /** What the collector found in a member last. */
  readonly leftoversOf: (cluster: string) => LeftoverReport | undefined;
  /** Has the collector look at a member now. */
  readonly collect: (cluster: string) => void;
  /** Told when an object in a member changed, or the state of the member itself. */
  readonly onChange: (change: MemberChange | { readonly cluster: string }) => void;
  /** Tells people what happened to a member. */
  readonly tell: (member: Member, note: MemberNote) => void;
}

/** Keeps one link to each member cluster, says in its status how it is, and lets other controllers look through it. */
export class MemberController implements MemberDirectory {
  readonly #deps: MemberControllerDeps;
  readonly #links: MemberLinks<FollowedMember>;
  readonly #servers: ServerFactsReader;
  /** What the hub said of each member's kubeconfig last. */
  readonly #readings = new Map<string, SecretReading>();
  /** Since when each member that answers has done so, and each of its namespaces has been idle. */
  readonly #standings = new Map<string, MemberStanding>();
  readonly #departures = new Departures(systemClock);

  constructor(deps: MemberControllerDeps) {
    this.#deps = deps;
    const { log } = deps;
    this.#servers = new ServerFactsReader(deps.nowMs);
    this.#links = createMemberLinks<FollowedMember>({
      clock: systemClock,
      random: Math.random,
      retry: { initialMs: 1_000, maxMs: 60_000, factor: 2 },
      follow: (client, cluster) =>
        followMember(client, {
          namespaces: this.#followedNamespaces(cluster),
          origin: deps.hubId,
          onChange: deps.onChange,
          onHealth: (changed) => deps.onChange({ cluster: changed }),
          watchReports: deps.watchReports,
          track: deps.trackCache,
          onError: (error, key) => log.error({ err: error, cluster, object: key }, "a listener failed"),
        }),
      onChange: (cluster) => deps.onChange({ cluster }),
      onWarning: (cluster, error) =>
        log.warn({ cluster, code: error.code, err: error.message }, "a member's link has a problem"),
      admit: (context) => {
        deps.admit?.(context);
        if (this.#isLeaving(context.cluster)) refuseNewJobs(context);
      },
      ...(deps.observe ? { observe: deps.observe } : {}),
      ...(deps.track ? { track: deps.track } : {}),
      saveKubeconfig: (cluster, kubeconfig, signal) => this.#saveKubeconfig(cluster, kubeconfig, signal),
    });
  }

  /** Every member, for metrics: one without a link, as after its Secret was deleted, is one that is not up. */
  get links(): Pick<MemberLinks<FollowedMember>, "members" | "stateOf"> {
    const unlinked = (member: Member) => ({
      member: member.metadata.name,
      isReachable: false,
      lossClock: readLossClock(member.status),
      generation: 0,
    });
    return {
      members: () => [...this.#deps.members.keys()],
      stateOf: (cluster) => {
        const member = this.#deps.members.get(cluster);
        return this.#links.stateOf(cluster) ?? (member === undefined ? undefined : unlinked(member));
      },
    };
  }

  /** State of a member, or of one namespace in it; undefined when no MemberCluster has this name. */
  readonly stateOf = (cluster: string, namespace?: string): MemberState | undefined => {
    const member = this.#deps.members.get(cluster);
    if (member === undefined) return undefined;
    const known = this.#links.stateOf(cluster);
    const clock = known?.lossClock ?? readLossClock(member.status);
    const heard = clock.lastHeardMs === undefined ? {} : { heardMs: clock.lastHeardMs };
    const leaving = isDeleting(member) ? { isLeaving: true as const } : {};
    const sinceMs = clock.disconnectedSinceMs ?? this.#deps.nowMs();
    if (!known?.isReachable || known.link === undefined)
      return { state: "unreachable", problem: this.#problemOf(member), sinceMs, ...heard, ...leaving };
    const health = namespace === undefined ? undefined : known.link.view.healthOf(namespace);
    if (namespace !== undefined && health?.state !== "ready") {
      const problem =
        health?.state === "failed" ? describeFailure(health.error, cluster) : connecting(cluster, namespace);
      return { state: "unreachable", problem, sinceMs, ...heard, ...leaving };
    }
    const clusterUid = this.#servers.clusterUidOf(known.link.client);
    const identity = clusterUid === undefined ? {} : { clusterUid };
    return {
      state: "reachable",
      heardMs: clock.lastHeardMs ?? this.#deps.nowMs(),
      ...known.link,
      ...leaving,
      ...identity,
    };
  };

  /** Namespaces of a member in which objects of this hub may lie. */
  readonly namespacesOf = (cluster: string): KnownNamespace[] => {
    const member = this.#deps.members.get(cluster);
    return member === undefined ? [] : knownNamespaces(member, this.#deps.jobs.list());
  };

  /** Looks at one MemberCluster: credential, link, what it offers, what a deletion waits for, status. */
  readonly reconcile = async (cluster: string, { signal }: ReconcileContext): Promise<ReconcileResult> => {
    const member = this.#deps.members.get(cluster);
    const hasFinalizer = member?.metadata.finalizers?.includes(cleanupFinalizer) === true;
    if (member === undefined || (isDeleting(member) && !hasFinalizer)) return this.#forget(cluster);
    // Before the link is made, hence before anything is placed.
    if (!hasFinalizer) await addFinalizer(this.#deps.hub, Kinds.MemberCluster, member, cleanupFinalizer, { signal });
    await this.#useCredential(member, signal);
    this.#links.stateOf(cluster)?.link?.view.setNamespaces(this.#followedNamespaces(cluster));
    const waitMs = isDeleting(member) ? this.#departures.waitMs(member) : 0;
    const removal = isDeleting(member) ? await this.#considerRemoval(member, waitMs, signal) : undefined;
    if (removal?.verdict === "go")
      return waitMs > 0 && !removal.isForced ? { requeueAfterMs: waitMs } : this.#letGo(member, removal, signal);
    const snapshot = await this.#observe(member, removal?.waitsFor, signal);
    await this.#writeStatus(member, snapshot, signal);
    return { requeueAfterMs: snapshot.link.state === "reachable" ? lookIntervalMs : retryIntervalMs };
  };

  /** Ends every link. */
  close(): Promise<void> {
    return this.#links.close();
  }

  async #forget(cluster: string): Promise<undefined> {
    this.#readings.delete(cluster);
    this.#servers.forget(cluster);
    this.#standings.delete(cluster);
    this.#departures.forget(cluster);
    await this.#links.disengage(cluster);
  }

  async #useCredential(member: Member, signal: AbortSignal): Promise<void> {
    const { name, uid = "" } = member.metadata;
    const reading = await readCredential(this.#deps.hub, this.#deps.operatorNamespace, member, signal);
    this.#readings.set(name, withoutText(reading));
    if (reading.state === "found") {
      const lossClock = readLossClock(member.status);
      this.#links.engage({ name, uid, kubeconfig: reading.kubeconfig, lossClock });
    }
    if (reading.state === "revoked") await this.#links.disengage(name);
  }

  /** @param waitMs time until it may go; what is decided before is decided again then. */
  async #considerRemoval(member: Member, waitMs: number, signal: AbortSignal): Promise<Removal> {
    const { name } = member.metadata;
    const { hubId, jobs } = this.#deps;
    const namespaces = this.namespacesOf(name).map((namespace) => namespace.name);
    const decideBy = async (known: readonly FederatedTrainingJob[]): Promise<Removal> => {
      const sources = { member, state: this.stateOf(name), jobs: known, namespaces, hubId };
      const facts = await observeRemoval(sources, signal);
      if ((facts.found?.size ?? 0) > 0) this.#deps.collect(name);
      return decideRemoval(facts);
    };
    const removal = await decideBy(jobs.list());
    if (removal.verdict === "wait" || removal.isForced || waitMs > 0) return removal;
    // The cache may be late, and nobody asks again once the member is gone.
    return decideBy(
      await this.#deps.hub.list<FederatedTrainingJob & KubeObject>(Kinds.FederatedTrainingJob, { signal }),
    );
  }

  async #letGo(member: Member, removal: Extract<Removal, { verdict: "go" }>, signal: AbortSignal): Promise<undefined> {
    const { name } = member.metadata;
    if (removal.isForced) {
      const namespaces = knownNamespaces(member, this.#deps.jobs.list()).map((namespace) => namespace.name);
      this.#deps.tell(member, {
        type: "Warning",
        reason: Reason.RemovalForced,
        note: describeForcedRemoval(name, removal.leaves, namespaces),
      });
    }
    await this.#forget(name);
    await removeFinalizer(this.#deps.hub, Kinds.MemberCluster, member, cleanupFinalizer, { signal });
  }

  async #observe(member: Member, waitsFor: string | undefined, signal: AbortSignal): Promise<MemberSnapshot> {
    const { name } = member.metadata;
    const { nowMs, log, leftoversOf } = this.#deps;
    const known = this.#links.stateOf(name);
    const state = this.stateOf(name) as MemberState;
    const namespaces = this.namespacesOf(name);
    const mapped = namespaces.find(({ isMapped }) => isMapped)?.name;
    if (state.state === "reachable")
      await this.#servers.refresh(state.client, mapped, signal).then(
        // Jobs record in which cluster their places are.
        (isAnother) => isAnother && this.#deps.onChange({ cluster: name }),
        (error: unknown) => {
          // The link's own heartbeat decides on reachability.
          log.warn(
            { cluster: name, err: asTributaryError(error).message },
            "a member could not be asked for its version",
          );
        },
      );
    return observeMember({
      nowMs: nowMs(),
      member,
      state,
      known,
      reading: this.#readings.get(name),
      namespaces,
      server: this.#servers.of(name),
      report: leftoversOf(name),
      standing: this.#noteStanding(member, state, namespaces),
      waitsFor,
    });
  }

  /** A member that is back is looked at by the collector at once: what it found before counts no more. */
  #noteStanding({ metadata }: Member, state: MemberState, namespaces: readonly KnownNamespace[]) {
    const { name, uid = "" } = metadata;
    const before = this.#standings.get(name);
    const standing = nextStanding(before, {
      uid,
      clusterUid: this.#servers.of(name)?.clusterUid,
      isReachable: state.state === "reachable",
      namespaces,
      nowMs: systemClock.monotonicMs(),
    });
    if (standing === undefined) this.#standings.delete(name);
    else this.#standings.set(name, standing);
    if (standing !== undefined && standing.answersSinceMs !== before?.answersSinceMs) this.#deps.collect(name);
    return standing;
  }

  #isLeaving(cluster: string): boolean {
    const member = this.#deps.members.get(cluster);
    return member !== undefined && isDeleting(member);
  }

  #followedNamespaces(cluster: string): string[] {
    return this.namespacesOf(cluster)
      .filter(({ isMapped, isInUse }) => isMapped || isInUse)
      .map(({ name }) => name);
  }

  #problemOf(member: Member) {
    const { name } = member.metadata;
    const reading = this.#readings.get(name);
    const ofReading = reading === undefined || reading.state === "found" ? undefined : reading.error;
    const problem = reading?.state === "revoked" ? reading.error : (this.#links.stateOf(name)?.problem ?? ofReading);
    return problem === undefined
      ? { reason: Reason.Connecting, message: `MemberCluster ${name} is being connected` }
      : describeFailure(problem, name, member.spec.access.kubeconfig.secretName);
  }

  /** Stores a renewed token, unless the Secret went or was changed since this kubeconfig was read from it. */
  async #saveKubeconfig(cluster: string, kubeconfig: string, signal: AbortSignal): Promise<void> {
    const member = this.#deps.members.get(cluster);
    const version = versionOf(this.#readings.get(cluster));
    if (member === undefined || version === undefined)
      throw new TributaryError("CLUSTER_NOT_FOUND", `the Secret of MemberCluster ${cluster} is not there any more`);
    const metadata = {
      name: member.spec.access.kubeconfig.secretName,
      namespace: this.#deps.operatorNamespace,
      ...version,
    };
    const intent = { metadata, data: { [kubeconfigKey]: Buffer.from(kubeconfig).toString("base64") } };
    const saved = await this.#deps.hub.apply<KubeObject>(Kinds.Secret, intent as KubeObject, {
      fieldManager: FieldManager.Operator,
      force: true,
      signal,
    });
    const { uid, resourceVersion } = saved.metadata;
    this.#readings.set(cluster, { state: "found", kubeconfig: "", version: { uid, resourceVersion } });
  }

  async #writeStatus(member: Member, snapshot: MemberSnapshot, signal: AbortSignal): Promise<void> {
    const status = renderMemberStatus(snapshot);
    if (status === undefined) return;
    const { name } = member.metadata;
    const intent = { apiVersion: groupVersion, kind: "MemberCluster", metadata: { name }, status };
    await this.#deps.hub.applyStatus(Kinds.MemberCluster, intent as KubeObject, {
      fieldManager: FieldManager.OperatorStatus,
      force: true,
      signal,
    });
    for (const note of tellMemberTransitions(member.status, status)) this.#deps.tell(member, note);
  }
}

function connecting(cluster: string, namespace: string) {
  return { reason: Reason.Connecting, message: `namespace ${namespace} of MemberCluster ${cluster} is being read` };
}

/** The kubeconfig is the link's to keep: what ends with the link must not lie elsewhere. */
function withoutText(reading: SecretReading): SecretReading {
  return reading.state === "found" ? { ...reading, kubeconfig: "" } : reading;
}

function versionOf(reading: SecretReading | undefined): SecretVersion | undefined {
  return reading?.state === "found" ? reading.version : undefined;
}
