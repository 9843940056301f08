import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControlPlane, freePorts, startControlPlane } from "@tributary/clouds";
import { writeGateFiles, writeTrustFiles } from "../../../support/gate-files.ts";
import { until } from "../../../support/until.ts";
import { type RunningProcess, startProgram } from "../running-process.ts";
import { JOB_UID } from "../wire-job.ts";
import { IMAGE, type MemberSeat, memberObjects, memberPod, namespaceOf } from "./member-objects.ts";

const SERVER_NAME = "gate.test";

/** The policy of members that take part with masks and without. */
const anyProtocol = { protocols: ["Masking", "None"] };

interface Member {
  readonly cluster: string;
  readonly directory: string;
  readonly port: number;
  readonly workerPort: number;
  /** Its identity key, base64. */
  readonly publicKey: string;
  gate: RunningProcess;
  caPem: string;
}

/**
 * Members with a real gate each, which trust each other: `cluster-<i>` of organisation `cluster-<i>`. One real API server stands for those of all,
 * each member with a namespace of its own.
 */
export class WireMembers {
  readonly #plane: ControlPlane;
  readonly #directory: string;
  readonly #members: Member[] = [];
  #pods = 0;

  private constructor(plane: ControlPlane, directory: string) {
    this.#plane = plane;
    this.#directory = directory;
  }

  static async start(count: number, policy: object = anyProtocol): Promise<WireMembers> {
    const directory = await mkdtemp(join(tmpdir(), "tributary-members-"));
    const members = new WireMembers(await startControlPlane({ name: "members" }), directory);
    try {
      await members.#plane.kubectl(["apply", "-f", "-"], JSON.stringify(memberObjects(count)));
      const ports = await freePorts(2 * count);
      for (let index = 0; index < count; index++) {
        const [port, workerPort] = [ports[2 * index]!, ports[2 * index + 1]!];
        const own = join(directory, `cluster-${index}`);
        await mkdir(join(own, "ca"), { recursive: true });
        const publicKey = await makeIdentity(join(own, "identity.key"));
        const process = { gate: undefined as never, caPem: "" };
        members.#members.push({ cluster: `cluster-${index}`, directory: own, port, workerPort, publicKey, ...process });
      }
      await Promise.all(members.#members.map((_, index) => members.startGate(index, policy)));
      return members;
    } catch (error) {
      await members.stop();
      throw error;
    }
  }

  /** CAs of the gates, by member. */
  get caPems(): readonly string[] {
    return this.#members.map(({ caPem }) => caPem);
  }

  /** The gate of a member. */
  gate(member: number): RunningProcess {
    return this.#members[member]!.gate;
  }

  /** Folder of what the gate of a member keeps. */
  directory(member: number): string {
    return this.#members[member]!.directory;
  }

  /** Starts the gate of a member with what it left. */
  async startGate(index: number, policy: object = anyProtocol): Promise<void> {
    const member = this.#members[index]!;
    const { cluster, directory, port, workerPort } = member;
    const config = {
      version: 1,
      cluster,
      namespaces: [namespaceOf(index)],
      images: [IMAGE],
      serverNames: [SERVER_NAME, "127.0.0.1"],
      caDirectory: join(directory, "ca"),
      stateDirectory: directory,
      listen: { port, workerPort, healthPort: 0 },
    };
    const token = await this.#plane.kubectl(["create", "token", "gate", "--namespace=gate"]);
    const files = { config, token, peers: this.#peersOf(index), policy };
    const env = await writeGateFiles(directory, this.#plane, files);
    member.gate = await startProgram("gate", { name: `gate ${index}`, env, logPath: join(directory, "gate.jsonl") });
    await until("the gate is ready", () => member.gate.lines.some(({ msg }) => msg === "gate is ready"));
    member.caPem = await readFile(join(directory, "ca/ca.crt"), "utf8");
  }

  /** Has a gate that runs go by another policy, or other peers; resolves once it does. */
  async changeTrust(
    index: number,
    trust: { readonly policy?: object; readonly peers?: readonly object[] },
  ): Promise<void> {
    const { directory, gate } = this.#members[index]!;
    const isInForce = ({ msg }: Record<string, unknown>) => msg === "peers and policy are in force";
    const before = gate.lines.filter(isInForce).length;
    await writeTrustFiles(join(directory, "trust"), { peers: this.#peersOf(index), ...trust });
    await until("peers and policy are in force", () => gate.lines.filter(isInForce).length > before);
  }

  /** Makes the pod of a seat and gives the environment of its sidecar, which is asked for its certificates and about rounds. */
  async seat(member: number, index: number, change: Partial<MemberSeat> = {}): Promise<Record<string, string>> {
    const { port, workerPort, caPem } = this.#members[member]!;
    const seat = { member, index, jobUid: JOB_UID, participant: `p${member}`, ...change };
    const name = `worker-${this.#pods++}`;
    // Not applied: that would leave an annotation, which no controller does.
    await this.#plane.kubectl(["create", "-f", "-"], JSON.stringify(memberPod(name, seat)));
    const token = await this.#plane.kubectl([
      ...["create", "token", "worker", `--namespace=${namespaceOf(member)}`, "--audience=tributary"],
      ...["--bound-object-kind=Pod", `--bound-object-name=${name}`],
    ]);
    const tokenPath = join(this.#directory, `${name}.token`);
    await writeFile(tokenPath, token.trim());
    return {
      TRIBUTARY_IDENTITY_DIR: "",
      TRIBUTARY_GATE_ADDRESS: `127.0.0.1:${port}`,
      TRIBUTARY_GATE_WORKER_ADDRESS: `127.0.0.1:${workerPort}`,
      TRIBUTARY_GATE_SERVER_NAME: SERVER_NAME,
      TRIBUTARY_GATE_CA_PEM: caPem,
      TRIBUTARY_TOKEN_PATH: tokenPath,
    };
  }

  /** Removes every pod: what was on a seat is gone. */
  async removePods(): Promise<void> {
    for (const [index] of this.#members.entries()) {
      const inJobs = `--namespace=${namespaceOf(index)}`;
      await this.#plane.kubectl(["delete", "pods", "--all", inJobs, "--force", "--grace-period=0"]);
    }
  }

  /** Kills what runs and removes every file. */
  async stop(): Promise<void> {
    await Promise.all(this.#members.map(({ gate }) => gate?.kill()));
    await this.#plane[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #peersOf(index: number): object[] {
    return this.#members.flatMap(({ cluster, publicKey }, other) =>
      other === index ? [] : [{ organisation: cluster, member: cluster, publicKey }],
    );
  }
}

/** A member's identity key, there before its gate is, so that the gates' peer lists can be. */
async function makeIdentity(path: string): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  await writeFile(path, privateKey.export({ format: "pem", type: "pkcs8" }));
  return Buffer.from(publicKey.export({ format: "jwk" }).x!, "base64url").toString("base64");
}
