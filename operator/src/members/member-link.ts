import { asTributaryError, isTributaryError, TributaryError } from "@tributary/kit";
import type { ApiClient } from "../runtime/api/api-client.ts";
import type { CallContext } from "../runtime/api/api-error.ts";
import { type ClusterConnection, connectCluster, type SourcedAccess } from "../runtime/api/connect-cluster.ts";
import type { CallObservation, Connection } from "../runtime/api/connection.ts";
import { fixedCredential } from "../runtime/api/credential.ts";
import { execCredential } from "../runtime/api/exec-credential.ts";
import { type KubeconfigPolicy, parseKubeconfig } from "../runtime/api/kubeconfig.ts";
import type { KubeObject } from "../runtime/api/object.ts";
import type { Informer } from "../runtime/cache/informer.ts";
import { type Clock, pause, type Random, startDeadline } from "../runtime/clock.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";
import { readTokenClaims, renewingToken } from "./renewing-token.ts";

/** What is watched in a member, and the form in which reconcilers see it. */
export interface Followed<View> {
  /** Caches that must all be complete before the link is used. */
  readonly informers?: readonly Informer<KubeObject>[];
  /** What is followed part by part. */
  readonly parts?: FollowedParts;
  readonly view: View;
}

/** Caches of which each can be used without the others: the trouble of one costs nobody the rest. */
export interface FollowedParts {
  /** Follows until `signal` aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Resolves once each part can be used or is refused for good, or `signal` aborts.
   *
   * @throws TributaryError why no part can be used.
   */
  whenUsable(signal: AbortSignal): Promise<void>;
}

/** What a link is made from. */
export interface MemberLinkOptions<View> {
  readonly member: string;
  readonly kubeconfig: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly policy?: KubeconfigPolicy;
  /** Makes the informers of this link on its own client. */
  readonly follow: (client: ApiClient, member: string) => Followed<View>;
  /** The API server answered a call or sent an event. */
  readonly onHeard: () => void;
  /** The API server did not answer, with the reason. */
  readonly onUnheard: (error: TributaryError) => void;
  /** Stores a token that renewed itself; without it tokens are used until they end. */
  readonly saveToken?: (token: string, signal: AbortSignal) => Promise<void>;
  /** Something that a person should see and that stops nothing. */
  readonly onWarning: (error: TributaryError) => void;
  readonly observe?: (observation: CallObservation) => void;
  /** Asked before each attempt of a call and when its request goes out; see `admitWhileLeading`. */
  readonly admit?: (context: CallContext) => void;
  /** Told of the connection and the caches of each link; what it returns is called when the link closes. */
  readonly track?: (connection: Connection, informers: readonly Informer<KubeObject>[]) => () => void;
  /** Time between two looks at an API server that is silent otherwise; 10 s by default. */
  readonly heartbeatMs?: number;
}

/** One generation of a connection to a member: one credential, its connections, its caches. */
export interface MemberLink<View> {
  readonly client: ApiClient;
  readonly view: View;
  /** Wall-clock time at which the credential ends, when it says so, in milliseconds. */
  credentialExpiresAtMs(): number | undefined;
  handshakes(): number;
  /**
   * Asks the API server for its version, starts the watches and waits until every cache is complete.
   *
   * @throws TributaryError when the API server refuses or does not answer, or the caches are not complete in time.
   */
  establish(timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** Ends the watches and closes the connections. */
  close(): Promise<void>;
}

/** Makes a link; nothing is sent before `establish`. */
export function createMemberLink<View>(options: MemberLinkOptions<View>): MemberLink<View> {
  const { member, clock, random } = options;
  const breaker = createCircuitBreaker({ cluster: member, clock, random });
  const stop = new AbortController();
  let expiresAtMs: number | undefined;
  let heardAtMs = Number.NEGATIVE_INFINITY;
  let running: Promise<unknown> = Promise.resolve();

  function noteHeard(): void {
    heardAtMs = clock.monotonicMs();
    options.onHeard();
  }

  function observe(observation: CallObservation): void {
    if (observation.isAborted) breaker.release();
    else breaker.record(observation.status > 0);
    // An API server that refuses the credential is there, but the member cannot be used.
    if (observation.status > 0 && observation.status !== 401) noteHeard();
    options.observe?.(observation);
  }

  function sourcedAccess(): SourcedAccess {
    const access = parseKubeconfig(options.kubeconfig, options.policy);
    const { endpoint, namespace } = access;
    if (access.exec) return { endpoint, namespace, credentials: execCredential(access.exec, { endpoint, clock }) };
    const credential = access.credential ?? {};
    const token = credential.authorization?.replace(/^Bearer /, "");
    const claims = token === undefined ? undefined : readTokenClaims(token);
    expiresAtMs = claims?.expiresAtMs;
    if (token === undefined || claims === undefined || options.saveToken === undefined) {
      return { endpoint, namespace, credentials: fixedCredential(credential) };
    }
    const { saveToken } = options;
    const credentials = renewingToken({
      token,
      claims,
      clock,
      async renew(expirationSeconds, signal) {
        const account = { namespace: claims.namespace, name: claims.serviceAccount };
        const next = await connection.client.createToken(account, { expirationSeconds }, { signal });
        expiresAtMs = Date.parse(next.expirationTimestamp);
        return next;
      },
      save: saveToken,
      onError: options.onWarning,
    });
    return { endpoint, namespace, credentials };
  }

  const connection: ClusterConnection = connectCluster(sourcedAccess(), {
    cluster: member,
    clock,
    random,
    unreachableCode: "MEMBER_UNREACHABLE",
    observe,
    ...(options.admit ? { admit: options.admit } : {}),
    onAttempt: () => breaker.admit(),
  });
  const { informers = [], parts, view } = options.follow(connection.client, member);
  const untrack = options.track?.(connection.connection, informers);

  /** A watch that is quiet proves nothing for a minute; this notices a dead cluster earlier. */
  async function beat(): Promise<void> {
    const intervalMs = options.heartbeatMs ?? 10_000;
    while (await pause(clock, intervalMs * (0.9 + random() * 0.2), stop.signal)) {
      if (clock.monotonicMs() - heardAtMs < intervalMs / 2) continue;
      await askVersion(8_000, stop.signal).catch((error: unknown) => {
        if (!stop.signal.aborted) options.onUnheard(asTributaryError(error));
      });
    }
  }

  async function askVersion(deadlineMs: number, signal: AbortSignal): Promise<void> {
    await connection.client.getPath("/version", { deadlineMs, signal });
  }

  /** Why the caches are not complete: what the API server said of the first that failed, or that time was too short. */
  function unsyncedError(): TributaryError {
    const missing = informers.filter((informer) => !informer.hasSynced());
    const failure = missing.map((informer) => informer.lastFailure()).find((error) => error !== undefined);
    if (failure) return failure;
    const names = missing.map(({ resource }) => resource.plural).join(", ");
    const remedy = "check the API server's health and the line to it";
    return new TributaryError(
      "MEMBER_UNREACHABLE",
      `cluster "${member}": could not read all of ${names} in time; ${remedy}`,
      {
        details: { cluster: member, resource: names, reason: "CachesNotSynced", remedy },
      },
    );
  }

  async function establish(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const deadline = startDeadline(clock, timeoutMs, signal, stop.signal);
    try {
      await askVersion(timeoutMs, deadline.signal);
      running = Promise.all([
        ...informers.map((informer) => informer.run(stop.signal)),
        parts?.run(stop.signal),
        beat(),
      ]);
      const synced = await Promise.all(informers.map((informer) => informer.whenSynced(deadline.signal)));
      if (synced.includes(false)) throw unsyncedError();
      await parts?.whenUsable(deadline.signal);
    } finally {
      deadline.release();
    }
  }

  return {
    client: connection.client,
    view,
    credentialExpiresAtMs: () => expiresAtMs,
    handshakes: () => connection.connection.handshakes(),
    establish,
    async close() {
      stop.abort(new Error(`the link to cluster "${member}" is closed`));
      untrack?.();
      await connection.close();
      await running;
    },
  };
}

/** Whether trying again with the same kubeconfig cannot help: somebody must change something first. */
export function needsNewCredential(error: unknown): boolean {
  return isTributaryError(error, "KUBECONFIG_INVALID") || isTributaryError(error, "CREDENTIAL_REJECTED");
}
