import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProgramName } from "../../wire/support/program-bundles.ts";
import { type RunningProcess, startProgram } from "../../wire/support/running-process.ts";
import type { PodContainer } from "./pod-shape.ts";
import type { HostView } from "./pod-volumes.ts";

interface Terminated {
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
  readonly startedAt: string;
  readonly finishedAt: string;
}

type State =
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | { readonly running: { readonly startedAt: string } }
  | { readonly terminated: Terminated };

/** What a container runs with on the host. */
export interface ContainerRun {
  readonly program: ProgramName;
  readonly view: HostView;
  /** Folder for its termination message and its log. */
  readonly folder: string;
  readonly hostName: string;
  readonly restarts: boolean;
  readonly onChange: () => void;
}

const longestPauseMs = 5_000;

/** One container of a pod: a process of the host that is started again as the pod's restart policy says. */
export class SimulatedContainer {
  readonly spec: PodContainer;
  #run: ContainerRun | undefined;
  #state: State = { waiting: { reason: "ContainerCreating" } };
  #last: Terminated | undefined;
  #restarts = 0;
  #isReady = false;
  #process: RunningProcess | undefined;
  readonly #stop = new AbortController();

  constructor(spec: PodContainer) {
    this.spec = spec;
  }

  /** Exit code of its end; undefined while it runs or will run again. */
  get exitCode(): number | undefined {
    return "terminated" in this.#state ? this.#state.terminated.exitCode : undefined;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Pid of its process while it has one. */
  get pid(): number | undefined {
    return this.#process?.isRunning === true ? this.#process.pid : undefined;
  }

  /** Its entry in the pod's status. */
  status(): Record<string, unknown> {
    return {
      name: this.spec.name,
      image: this.spec.image,
      imageID: "",
      ready: this.#isReady,
      started: "running" in this.#state,
      restartCount: this.#restarts,
      state: this.#state,
      ...(this.#last === undefined ? {} : { lastState: { terminated: this.#last } }),
    };
  }

  /** Says why nothing runs yet. */
  wait(reason: string, message: string): void {
    this.#state = { waiting: { reason, message } };
  }

  /** Runs the process again and again until the policy, or {@link end}, says otherwise. */
  async run(run: ContainerRun): Promise<void> {
    this.#run = run;
    while (!this.#stop.signal.aborted) {
      const ended = await this.#once(run);
      if (this.#stop.signal.aborted || !run.restarts) return this.#set({ terminated: ended });
      this.#last = ended;
      this.#set({ waiting: { reason: "CrashLoopBackOff", message: `back-off restarting ${this.spec.name}` } });
      await sleep(Math.min(longestPauseMs, 500 * 2 ** this.#restarts), undefined, { signal: this.#stop.signal }).catch(
        () => {},
      );
      this.#restarts += 1;
    }
    if (this.#last !== undefined) this.#set({ terminated: this.#last });
  }

  /** Ends the process: SIGTERM, and SIGKILL when it does not leave within the grace. */
  async end(graceMs: number): Promise<void> {
    this.#stop.abort();
    const process = this.#process;
    if (process?.isRunning !== true) return;
    const killing = setTimeout(() => void process.kill(), graceMs);
    await process.stop();
    clearTimeout(killing);
  }

  async #once(run: ContainerRun): Promise<Terminated> {
    const startedAt = timestamp();
    const messagePath = join(run.folder, `${this.spec.name}.termination`);
    this.#process = await startProgram(run.program, {
      name: `${run.hostName}/${this.spec.name}`,
      env: { ...this.#environment(run), TRIBUTARY_TERMINATION_LOG: messagePath },
      logPath: join(run.folder, `${this.spec.name}.log`),
      // It ends with the test, however that ends.
      within: ["setpriv", "--pdeathsig", "KILL", "--"],
    });
    const ended = this.#process.ended;
    if (this.#stop.signal.aborted) void this.#process.kill();
    this.#set({ running: { startedAt } });
    const probing = new AbortController();
    void this.#probe(run, probing.signal);
    const { code, signal } = await ended;
    probing.abort();
    this.#isReady = false;
    const message = await readFile(messagePath, "utf8").catch(() => undefined);
    const exitCode = code ?? (signal === "SIGKILL" ? 137 : 143);
    const reason = exitCode === 0 ? "Completed" : "Error";
    return { exitCode, reason, ...(message ? { message } : {}), startedAt, finishedAt: timestamp() };
  }

  #environment({ view, hostName }: ContainerRun): Record<string, string> {
    const own = (this.spec.env ?? []).map(({ name, value = "" }) => [name, view.text(value)] as const);
    return { HOSTNAME: hostName, TRIBUTARY_LOG_LEVEL: "info", ...Object.fromEntries(own) };
  }

  /** A container without a readiness probe is ready as soon as it runs. */
  async #probe(run: ContainerRun, signal: AbortSignal): Promise<void> {
    const probe = this.spec.readinessProbe?.httpGet;
    const named = this.spec.ports?.find(({ name }) => name === probe?.port)?.containerPort;
    const port = named === undefined ? undefined : run.view.port(named);
    while (!signal.aborted) {
      const isReady =
        probe === undefined ||
        (await fetch(`http://127.0.0.1:${port}${probe.path}`, { signal: AbortSignal.timeout(2_000) }).then(
          ({ ok }) => ok,
          () => false,
        ));
      if (signal.aborted) return;
      if (isReady !== this.#isReady) {
        this.#isReady = isReady;
        run.onChange();
      }
      if (probe === undefined) return;
      await sleep(isReady ? 2_000 : 250, undefined, { signal }).catch(() => {});
    }
  }

  #set(state: State): void {
    this.#state = state;
    this.#run?.onChange();
  }
}

function timestamp(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
