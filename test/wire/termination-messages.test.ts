import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseTerminationMessage } from "@tributary/contracts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { startProgram } from "./support/running-process.ts";

const OPERATOR = fileURLToPath(new URL("../../operator/src/main/main.ts", import.meta.url));

let directory: string;
let env: Record<string, string>;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "tributary-last-words-"));
  env = { TRIBUTARY_TERMINATION_LOG: join(directory, "termination-log") };
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function lastWords() {
  return parseTerminationMessage(await readFile(join(directory, "termination-log"), "utf8"));
}

it.each([
  ["aggregator", "TRIBUTARY_JOB_CONFIG"],
  ["sidecar", "TRIBUTARY_WORKER_CONFIG"],
  ["gate", "TRIBUTARY_GATE_CONFIG"],
] as const)("the %s leaves why it ended where the kubelet reads it", async (program, variable) => {
  const path = join(directory, "missing.json");
  const logPath = join(directory, "log");
  const running = await startProgram(program, { name: program, env: { ...env, [variable]: path }, logPath });
  expect(await running.ended).toEqual({ code: 55, signal: null });
  const words = await lastWords();
  expect(words).toMatchObject({ code: "CONFIGURATION_INVALID", reason: "ConfigurationInvalid" });
  expect(words?.message).toContain(path);
});

it("the operator leaves why it ended where the kubelet reads it", async () => {
  const path = join(directory, "missing.json");
  const settings = { PATH: process.env.PATH, ...env, TRIBUTARY_OPERATOR_CONFIG: path };
  const running = spawn(process.execPath, [OPERATOR], { env: settings, stdio: "ignore" });
  expect(await once(running, "exit")).toEqual([55, null]);
  expect(await lastWords()).toMatchObject({ code: "CONFIGURATION_INVALID" });
});

it("the trainer leaves the catalogue's sentence, since its own texts may quote data", async () => {
  const settings = { ...env, TRIBUTARY_TRAINER_SOCKET: join(directory, "no.sock") };
  const options = { name: "trainer", env: settings, logPath: join(directory, "log") };
  const running = await startProgram("trainer", options);
  await until("the trainer runs", async () => running.lines.some(({ code }) => code === "TRAINER_SIDECAR_LOST"));
  await running.stop();
  expect(await running.ended).toEqual({ code: 1, signal: null });
  expect(await lastWords()).toEqual({
    code: "OPERATION_ABORTED",
    reason: "Aborted",
    message: "The call was given up.",
  });
});
