import { describe, expect, it } from "vitest";
import { cloudPlugins, readAdminPlugin } from "./admin-plugin.ts";

const folder = "/home/admin/.kube";
const read = (command: string, ...flags: readonly string[]) =>
  readAdminPlugin("u", { command }, folder, [...cloudPlugins, ...flags]);

describe("the plugin of an admin's kubeconfig", () => {
  it.each<[command: string, flags: readonly string[], runs: string]>([
    ["aws", [], "aws"],
    ["aws.exe", [], "aws.exe"],
    ["corp-login", ["corp-login"], "corp-login"],
    ["corp-login.exe", ["corp-login.exe"], "corp-login.exe"],
    ["/opt/corp/login", ["/opt/corp/login"], "/opt/corp/login"],
    ["./login", ["./login"], "/home/admin/.kube/login"],
    ["./login", ["/home/admin/.kube/login"], "/home/admin/.kube/login"],
    ["../bin/login", ["/home/admin/bin/login"], "/home/admin/bin/login"],
    ["/opt/My Corp/login", ["/opt/My Corp/login"], "/opt/My Corp/login"],
  ])("runs %s by the flags %j", (command, flags, runs) => {
    expect(read(command, ...flags)).toMatchObject({ command: runs, fields: { command: runs } });
  });

  it.each<[command: string, flags: readonly string[], flag: string]>([
    ["evil", [], "evil"],
    ["aws2", [], "aws2"],
    ["/tmp/evil/aws", ["aws"], "/tmp/evil/aws"],
    ["./aws", ["aws"], "/home/admin/.kube/aws"],
    ["bin/kubelogin", [], "/home/admin/.kube/bin/kubelogin"],
    ["C:\\\\evil\\\\aws.exe".replaceAll("\\\\", "\\"), ["aws", "aws.exe"], "aws.exe"],
    ["login", ["/opt/corp/login"], "login"],
    ["/opt/corp/login", ["login", "corp/login", "/opt/corp"], "/opt/corp/login"],
  ])("does not run %s by the flags %j, and says which would let it", (command, flags, flag) => {
    expect(() => read(command, ...flags)).toThrow(/--allow-exec-plugin \S/u);
    expect(() => read(command, ...flags)).toThrow(`${flag}; allowed are aws, `);
  });

  it.each(["corp-login --password=hunter2", "aws --password=hunter2", "/opt/login --password=hunter2/x", "a\nhunter2"])(
    "shows nothing of a command line, and says where arguments go: %j",
    (command) => {
      expect(() => read(command)).toThrow("move arguments to args");
      expect(() => read(command)).toThrow(/^(?!.*hunter2)/su);
    },
  );

  it("shows no flag that is no plain name or path", () => {
    expect(() => read("evil", "corp-login --password=hunter2")).toThrow(/^(?!.*hunter2)/su);
  });
});
