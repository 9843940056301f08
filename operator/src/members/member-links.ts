import { asTributaryError, type TributaryError } from "@tributary/kit";
import type { ApiClient } from "../runtime/api/api-client.ts";
import { type BackoffBounds, jitteredBackoffMs } from "../runtime/backoff.ts";
import { pause } from "../runtime/clock.ts";
import { accessFingerprint, replaceToken } from "./kubeconfig-secret.ts";
import { heard, type LossClock, unheard } from "./loss-clock.ts";
import { createMemberLink, type MemberLink, type MemberLinkOptions, needsNewCredential } from "./member-link.ts";

/** How a member is to be reached, as the hub's objects say it now. */
export interface MemberAccess {
  /** Name of the MemberCluster. */
  readonly name: string;
  /** Its uid: a MemberCluster made anew under the same name is another member. */
  readonly uid: string;
  readonly kubeconfig: string;
  /** What is followed in the member, for example its namespaces: another scope needs another link. */
  readonly scope?: string;
  /** What an earlier operator wrote of the loss clock; only the first call for a uid looks at it. */
  readonly lossClock?: LossClock;
}

/** What the operator knows of one member. */
export interface MemberLinkState<View> {
  readonly member: string;
  /** Present once the caches were complete, also while the member is away: then what it shows is from `lastHeardMs`. */
  readonly link?: { readonly client: ApiClient; readonly view: View };
  /** The member answers and its caches are complete. */
  readonly isReachable: boolean;
  readonly lossClock: LossClock;
  /** Why the member is not reachable, or why its newest credential is not in use. */
  readonly problem?: TributaryError;
  /** Why the newest kubeconfig is not in use, while the one before it still may be. */
  readonly candidateProblem?: TributaryError;
  readonly credentialExpiresAtMs?: number;
  /** Counts the links that were put into use; a rotation adds one. */
  readonly generation: number;
}

/** What the registry is made from. */
export interface MemberLinksOptions<View>
  extends Pick<
    MemberLinkOptions<View>,
    "clock" | "random" | "policy" | "follow" | "observe" | "admit" | "track" | "heartbeatMs"
  > {
  /** Told whenever what {@link MemberLinks.stateOf} gives for a member changed in substance. */
  readonly onChange: (member: string) => void;
  readonly onWarning: (member: string, error: TributaryError) => void;
  /** Writes the kubeconfig with a renewed token back to the member's Secret. */
  readonly saveKubeconfig?: (member: string, kubeconfig: string, signal: AbortSignal) => Promise<void>;
  /** Time to establish one link; 60 s by default. */
  readonly establishMs?: number;
  /** Delay between tries to establish; 5 s to 320 s by default. */
  readonly retry?: BackoffBounds;
  /** Time that calls on an old link may still take after a rotation; 5 s by default. */
  readonly drainMs?: number;
  /** Silence after which a member counts as away; 30 s by default. */
  readonly awayAfterMs?: number;
}

/** The members of a hub: one link each, independent of each other. */
export interface MemberLinks<View> {
  /**
   * Makes a member reachable by this access, or changes over to it: the new link is established and its caches are
   * complete before it replaces the old one, which stays in use until then and also when the new one fails. Returns at
   * once; the same access again does nothing.
   */
  engage(access: MemberAccess): void;
  /** Ends the link; the member is forgotten. Objects in the member stay as they are. */
  disengage(member: string): Promise<void>;
  stateOf(member: string): MemberLinkState<View> | undefined;
  members(): string[];
  close(): Promise<void>;
}

interface Slot<View> {
  readonly name: string;
  uid: string;
  scope: string;
  /** Access that is in use or being established. */
  fingerprint: string;
  lossClock: LossClock;
  /** Monotonic time at which the member was last heard: a step of the wall clock must not lose a member. */
  heardAtMs: number;
  link?: MemberLink<View>;
  problem?: TributaryError;
  candidateProblem?: TributaryError;
  generation: number;
  isReachable: boolean;
  /** Ends the present try to establish. */
  attempt: AbortController;
  establishing: Promise<void>;
  readonly closing: Set<Promise<void>>;
  /** Aborts when the slot is given up: replaced links drain no longer. */
  readonly ended: AbortController;
}

/** Makes an empty registry. */
export function createMemberLinks<View>(options: MemberLinksOptions<View>): MemberLinks<View> {
  const { clock, random } = options;
  const slots = new Map<string, Slot<View>>();
  const stop = new AbortController();
  const awayAfterMs = options.awayAfterMs ?? 30_000;

  function noteHeard(slot: Slot<View>): void {
    slot.lossClock = heard(slot.lossClock, clock.nowMs());
    slot.heardAtMs = clock.monotonicMs();
    if (slot.link === undefined || slot.isReachable) return;
    slot.isReachable = true;
    delete slot.problem;
    options.onChange(slot.name);
  }

  function noteUnheard(slot: Slot<View>, error: TributaryError): void {
    slot.lossClock = unheard(slot.lossClock, clock.nowMs());
    slot.problem = error;
    const isAway = clock.monotonicMs() - slot.heardAtMs >= awayAfterMs || needsNewCredential(error);
    if (!slot.isReachable || !isAway) return;
    slot.isReachable = false;
    options.onChange(slot.name);
  }

  function makeLink(slot: Slot<View>, kubeconfig: string): MemberLink<View> {
    const { saveKubeconfig } = options;
    /** What the member's Secret holds as far as this link knows: its own kubeconfig, later with the token that it renewed. */
    let { fingerprint } = slot;
    /** A link that was replaced, or is not yet in use, must not speak for the member once another one is. */
    const isCurrent = () => slot.link === undefined || slot.link === link;
    const link: MemberLink<View> = createMemberLink({
      member: slot.name,
      kubeconfig,
      clock,
      random,
      follow: options.follow,
      onHeard: () => isCurrent() && noteHeard(slot),
      onUnheard: (error) => isCurrent() && noteUnheard(slot, error),
      onWarning: (error) => options.onWarning(slot.name, error),
      ...(options.policy ? { policy: options.policy } : {}),
      ...(options.observe ? { observe: options.observe } : {}),
      ...(options.admit ? { admit: options.admit } : {}),
      ...(options.track ? { track: options.track } : {}),
      ...(options.heartbeatMs === undefined ? {} : { heartbeatMs: options.heartbeatMs }),
      ...(saveKubeconfig
        ? {
            async saveToken(token: string, signal: AbortSignal) {
              // A newer kubeconfig waits to be used: what a person wrote into the Secret must not be written over.
              if (slot.fingerprint !== fingerprint) return;
              const renewed = replaceToken(kubeconfig, token);
              // The Secret that now changes is our own doing: this link already uses the new token.
              fingerprint = accessFingerprint(slot.uid, renewed, slot.scope);
              slot.fingerprint = fingerprint;
              await saveKubeconfig(slot.name, renewed, signal);
            },
          }
        : {}),
    });
    return link;
  }

  function retire(slot: Slot<View>, link: MemberLink<View>, afterMs: number): void {
    const closing = pause(clock, afterMs, AbortSignal.any([stop.signal, slot.ended.signal]))
      .then(() => link.close())
      .finally(() => slot.closing.delete(closing));
    slot.closing.add(closing);
  }

  function publish(slot: Slot<View>, link: MemberLink<View>): void {
    const old = slot.link;
    slot.link = link;
    slot.generation++;
    slot.isReachable = true;
    delete slot.problem;
    delete slot.candidateProblem;
    slot.lossClock = heard(slot.lossClock, clock.nowMs());
    slot.heardAtMs = clock.monotonicMs();
    options.onChange(slot.name);
    if (old) retire(slot, old, options.drainMs ?? 5_000);
  }

  function fail(slot: Slot<View>, error: TributaryError): void {
    // A new credential that does not work is no loss of the member while the old link still does.
    if (slot.link !== undefined) slot.candidateProblem = error;
    else {
      slot.problem = error;
      slot.lossClock = unheard(slot.lossClock, clock.nowMs());
    }
    options.onChange(slot.name);
  }

  /** One try; true when it is over: established or given up. What seems hopeless is tried on, since a member may change as well. */
  async function tryOnce(slot: Slot<View>, kubeconfig: string, signal: AbortSignal): Promise<boolean> {
    let link: MemberLink<View> | undefined;
    try {
      link = makeLink(slot, kubeconfig);
      await link.establish(options.establishMs ?? 60_000, signal);
      if (signal.aborted) throw signal.reason;
      publish(slot, link);
      return true;
    } catch (thrown) {
      await link?.close();
      if (signal.aborted) return true;
      fail(slot, asTributaryError(thrown));
      return false;
    }
  }

  async function establish(slot: Slot<View>, kubeconfig: string, signal: AbortSignal): Promise<void> {
    const bounds = options.retry ?? { initialMs: 5_000, maxMs: 320_000, factor: 2 };
    for (let attempt = 0; !signal.aborted; attempt++) {
      if (await tryOnce(slot, kubeconfig, signal)) return;
      await pause(clock, jitteredBackoffMs(bounds, attempt, random), signal);
    }
  }

  function openSlot(access: MemberAccess): Slot<View> {
    return {
      name: access.name,
      uid: access.uid,
      scope: "",
      fingerprint: "",
      lossClock: access.lossClock ?? {},
      heardAtMs: Number.NEGATIVE_INFINITY,
      generation: 0,
      isReachable: false,
      attempt: new AbortController(),
      establishing: Promise.resolve(),
      closing: new Set(),
      ended: new AbortController(),
    };
  }

  async function closeSlot(slot: Slot<View>): Promise<void> {
    slot.attempt.abort(new Error("the member is disengaged"));
    slot.ended.abort();
    await slot.establishing;
    await slot.link?.close();
    await Promise.all(slot.closing);
  }

  function engage(access: MemberAccess): void {
    if (stop.signal.aborted) return;
    let slot = slots.get(access.name);
    if (slot && slot.uid !== access.uid) {
      void closeSlot(slot);
      slot = undefined;
    }
    slot ??= openSlot(access);
    slots.set(access.name, slot);
    slot.scope = access.scope ?? "";
    const fingerprint = accessFingerprint(access.uid, access.kubeconfig, slot.scope);
    if (slot.fingerprint === fingerprint) return;
    slot.fingerprint = fingerprint;
    slot.attempt.abort(new Error("the access changed"));
    slot.attempt = new AbortController();
    const { signal } = slot.attempt;
    const engaged = slot;
    slot.establishing = slot.establishing.then(() => establish(engaged, access.kubeconfig, signal));
  }

  return {
    engage,
    async disengage(member) {
      const slot = slots.get(member);
      if (!slot) return;
      slots.delete(member);
      await closeSlot(slot);
    },
    stateOf(member) {
      const slot = slots.get(member);
      if (!slot) return undefined;
      const { link, candidateProblem, isReachable } = slot;
      const problem = isReachable ? (candidateProblem ?? slot.problem) : (slot.problem ?? candidateProblem);
      const credentialExpiresAtMs = link?.credentialExpiresAtMs();
      return {
        member,
        isReachable,
        lossClock: slot.lossClock,
        generation: slot.generation,
        ...(link ? { link: { client: link.client, view: link.view } } : {}),
        ...(problem ? { problem } : {}),
        ...(candidateProblem ? { candidateProblem } : {}),
        ...(credentialExpiresAtMs === undefined ? {} : { credentialExpiresAtMs }),
      };
    },
    members: () => [...slots.keys()],
    async close() {
      stop.abort(new Error("the registry is closed"));
      await Promise.all([...slots.values()].map(closeSlot));
      slots.clear();
    },
  };
}
