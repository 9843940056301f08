import { mkdtemp, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../command.ts";
import { mirrorIn } from "./base-layer.ts";
import { namesIn } from "./import-image.ts";
import { packLayer, renderImage, writeOciArchive } from "./oci-archive.ts";

let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "oci-archive-"));
});

afterAll(() => rm(scratch, { recursive: true }));

async function folderWith(name: string, modifiedAt: Date): Promise<string> {
  const folder = await mkdtemp(join(scratch, name));
  await writeFile(join(folder, "a"), "first");
  await writeFile(join(folder, "b"), "second");
  await symlink("a", join(folder, "link"));
  for (const path of [join(folder, "a"), join(folder, "b"), folder]) await utimes(path, modifiedAt, modifiedAt);
  return folder;
}

describe("packLayer", () => {
  it("makes the same bytes of the same files, wherever and whenever they were written", async () => {
    const one = await packLayer(await folderWith("one", new Date(0)), join(scratch, "one.layer"));
    const two = await packLayer(await folderWith("two", new Date(1e12)), join(scratch, "two.layer"));
    expect(two.digest).toBe(one.digest);
    expect(two.plainDigest).toBe(one.plainDigest);
    expect((await readFile(one.path)).length).toBe(one.sizeBytes);
  });
});

describe("an OCI archive", () => {
  const settings = { entrypoint: ["/app"], environment: ["A=1"], user: "65532" };

  it("holds one image under its full name, and every blob its documents name", async () => {
    const layer = await packLayer(await folderWith("image", new Date(0)), join(scratch, "image.layer"));
    const archive = join(scratch, "image.tar");
    const digest = await writeOciArchive(archive, "tributary.local/app:1", [layer], settings);
    const index = await runCommand("tar", ["--extract", "--to-stdout", "--file", archive, "index.json"]);
    expect(namesIn(index)).toEqual({ name: "tributary.local/app:1", reference: `tributary.local/app@${digest}` });
    const { config, manifest } = renderImage([layer], settings);
    const listed = await runCommand("tar", ["--list", "--file", archive]);
    for (const blob of [digest, manifest.digest, config.digest, layer.digest]) {
      expect(listed).toContain(`blobs/sha256/${blob.replace("sha256:", "")}\n`);
    }
  });

  it.each([
    { given: "two images", index: { manifests: [{ annotations: { "io.containerd.image.name": "a:1" } }, {}] } },
    { given: "an image without a full name", index: { manifests: [{ digest: "sha256:0" }] } },
  ])("with $given is refused", ({ index }) => {
    expect(() => namesIn(JSON.stringify(index))).toThrow("must hold one image with its full name");
  });
});

describe("mirrorIn", () => {
  it("finds the mirror of the suite itself, not of its updates", () => {
    const targets =
      "http://m/security/ bookworm-security main\nhttp://m/debian/ bookworm main\nhttp://m/x/ trixie main\n";
    expect(mirrorIn(targets)).toBe("http://m/debian/");
    expect(mirrorIn("http://m/debian/ trixie main\n")).toBeUndefined();
  });
});
