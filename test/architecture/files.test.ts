import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { readSources, repositoryRoot } from "./sources.ts";

const HOME = "packages/kit/src/files/";
const sources = readSources(["packages", "operator/src", "worker-image/src", "cli/src"]).filter(
  ({ path }) => !path.startsWith(HOME) && !/\/(testing|write-gguf|toy-model)/u.test(path),
);
/** What writes a file or opens one: a short write, a full disk, a torn rename and the name of the volume are minded in one place. */
const WRITERS = ["open", "FileHandle", "writeFile", "appendFile", "createWriteStream", "rename", "copyFile", "cp"];
/** What reads from an open file, or a large one: a disk that fails in mid-file is told by its volume. */
const READERS = ["read", "readv", "fstat", "createReadStream"];
/** Files that lie on no volume of a job, opened by processes that are about to end. */
const ELSEWHERE = ["packages/kit/src/process/leave-termination-message.ts", "worker-image/src/shared/crash-point.ts"];

it("opens, reads and writes files through the kit's files alone", () => {
  const onVolumes = sources.filter(({ path }) => !ELSEWHERE.includes(path));
  const direct = onVolumes.flatMap(({ path, text }) =>
    [...text.matchAll(/import \{([^}]*)\} from "node:fs(?:\/promises)?"/gu)]
      .flatMap((match) => match[1]!.split(","))
      .map((name) => name.trim().replace(/^type /u, ""))
      .filter((name) => [...WRITERS, ...READERS].includes(name.replace(/Sync$/u, "")))
      .map((name) => `${path} imports ${name}`),
  );
  expect(direct).toEqual([]);
});

it("writes and reads files whole: a disk that takes a part of the bytes says nothing", () => {
  const partial = sources.filter(({ text }) => /\.(?:writeSome|readSome)\(/u.test(text)).map(({ path }) => path);
  expect(partial).toEqual([]);
});

it("holds no half of a merge", () => {
  const command = ["grep", "--line-number", "--extended-regexp", "^(<{7} |={7}$|>{7} )", "--", ".", ":!*.lock"];
  const found = (() => {
    try {
      return execFileSync("git", command, { cwd: repositoryRoot, encoding: "utf8" }).split("\n").filter(Boolean);
    } catch {
      // Nothing was found.
      return [];
    }
  })();
  expect(found).toEqual([]);
});
