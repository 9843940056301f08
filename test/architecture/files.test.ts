import { expect, it } from "vitest";
import { readSources } from "./sources.ts";

const HOME = "packages/kit/src/files/";
const sources = readSources(["packages", "operator/src", "worker-image/src", "cli/src"]).filter(
  ({ path }) => !path.startsWith(HOME) && !/\/(testing|write-gguf|toy-model)/u.test(path),
);
/** What writes a file or opens one for it: a short write, a full disk and a torn rename are minded in one place. */
const WRITERS = ["open", "FileHandle", "writeFile", "appendFile", "createWriteStream", "rename", "copyFile", "cp"];

it("opens and writes files through the kit's disk alone", () => {
  const direct = sources.flatMap(({ path, text }) =>
    [...text.matchAll(/import \{([^}]*)\} from "node:fs(?:\/promises)?"/gu)]
      .flatMap((match) => match[1]!.split(","))
      .map((name) => name.trim().replace(/^type /u, ""))
      .filter((name) => WRITERS.includes(name.replace(/Sync$/u, "")) && name !== "openSync")
      .map((name) => `${path} imports ${name}`),
  );
  expect(direct).toEqual([]);
});

it("writes and reads files whole: a disk that takes a part of the bytes says nothing", () => {
  const partial = sources.filter(({ text }) => /\.(?:writeSome|readSome)\(/u.test(text)).map(({ path }) => path);
  expect(partial).toEqual([]);
});
