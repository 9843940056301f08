import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nameVolumes } from "@tributary/kit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { COMPLETE_HEADER, ERROR_CODE_HEADER, STORED_BYTES_HEADER } from "../../shared/tensor-wire/resources.ts";
import { createTensorClient, type TensorClient } from "./tensor-client.ts";

const bytes = Buffer.alloc(6 * 2 ** 20, 7);
const to = {
  path: "/segment",
  sha256: createHash("sha256").update(bytes).digest("hex"),
  sizeBytes: bytes.length,
};
const signal = new AbortController().signal;

let directory: string;
let path: string;
let server: Server;
let client: TensorClient;
/** What the aggregator has already, what it was asked, and what it does with the first bytes. */
let isComplete: boolean;
let storedBytes: number;
let asked: string[];
let uploads: number;
let onBytes: () => Promise<void>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tensor-client-"));
  path = join(directory, "segment");
  const [keyPath, certificatePath] = [join(directory, "key"), join(directory, "certificate")];
  const subject = ["-subj", "/CN=localhost", "-days", "1", "-addext", "subjectAltName=DNS:localhost"];
  execFileSync("openssl", ["genpkey", "-algorithm", "ED25519", "-out", keyPath], { stdio: "ignore" });
  execFileSync("openssl", ["req", "-x509", "-new", "-key", keyPath, "-out", certificatePath, ...subject]);
  const [cert, key] = [certificatePath, keyPath].map((file) => readFileSync(file, "utf8")) as [string, string];
  server = createServer({ cert, key }, async (request, response) => {
    request.on("error", () => {});
    asked.push(`${request.method} ${request.headers["content-range"] ?? ""}`.trim());
    if (request.method === "PUT" && storedBytes > 0 && request.headers["content-range"]?.startsWith("bytes 0-")) {
      response.writeHead(409, { [ERROR_CODE_HEADER]: "ROUND_CONFLICT", connection: "close" }).end();
      return;
    }
    if (request.method === "PUT") {
      uploads += 1;
      await once(request, "readable");
      await onBytes();
      request.resume();
      await once(request, "end").catch(() => {});
    }
    response.setHeader(COMPLETE_HEADER, String(isComplete || request.method === "PUT"));
    response.setHeader(STORED_BYTES_HEADER, storedBytes).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const tls = { serverName: "localhost", caPem: cert, certificatePem: cert, keyPem: key };
  client = createTensorClient({ host: "127.0.0.1", port, ...tls });
});
afterAll(async () => {
  client.close();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  [isComplete, storedBytes, uploads, onBytes, asked] = [false, 0, 0, async () => {}, []];
  await writeFile(path, bytes);
});

const failed = async () => {
  nameVolumes([{ path: directory, name: "the worker's emptyDir", remedy: "" }]);
  const error = await client.send(path, to, { signal }).catch((cause: unknown) => cause);
  nameVolumes([]);
  return error;
};

describe("a segment's file", () => {
  it("is sent whole", async () => {
    let sent = 0;
    const onSent = (count: number) => {
      sent += count;
    };
    await client.send(path, to, { signal, onSent });
    expect([sent, uploads]).toEqual([bytes.length, 1]);
  });

  it.each([
    { name: "shorter", change: () => truncate(path, 5), says: "it has 5 bytes, not 6291456" },
    { name: "longer", change: () => truncate(path, 2 ** 23), says: "it has 8388608 bytes, not 6291456" },
    { name: "gone", change: () => rm(path), says: "it is gone" },
  ])("that is $name is told of by its volume before a byte is sent", async ({ change, says }) => {
    await change();
    expect(await failed()).toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringMatching(new RegExp(`${says}; the worker's emptyDir does not work: `, "u")),
    });
    expect(uploads).toBe(0);
  });

  it("that is cut while it is sent is told of at once, and not waited for by both ends", async () => {
    onBytes = () => truncate(path, 100);
    const startedMs = performance.now();
    const error = await failed();
    expect(error).toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      message: expect.stringContaining("the worker's emptyDir"),
    });
    expect(performance.now() - startedMs).toBeLessThan(20_000);
  });

  it.each([
    { given: "nothing", stored: 0, want: ["PUT bytes 0-99/100"] },
    { given: "a part", stored: 60, want: ["PUT bytes 0-99/100", "HEAD", "PUT bytes 60-99/100"] },
  ])("of few bytes is sent without asking what is there; $given is there", async ({ stored, want }) => {
    await writeFile(path, bytes.subarray(0, 100));
    storedBytes = stored;
    const sha256 = createHash("sha256").update(bytes.subarray(0, 100)).digest("hex");
    await client.send(path, { path: "/segment", sha256, sizeBytes: 100 }, { signal });
    expect(asked).toEqual(want);
  });

  it.each([
    { given: "that is tried again", isAgain: true },
    { given: "whose own file is gone", isAgain: false },
  ])("of few bytes, $given, is asked after, and not needed when the aggregator has it all", async ({ isAgain }) => {
    isComplete = true;
    await rm(path);
    await client.send(path, { path: "/segment", sha256: to.sha256, sizeBytes: 100 }, { signal, isAgain });
    expect(asked).toEqual(["HEAD"]);
  });

  it("is not looked at when the aggregator has it all from an earlier try", async () => {
    isComplete = true;
    await rm(path);
    await client.send(path, to, { signal });
    expect(uploads).toBe(0);
  });
});
