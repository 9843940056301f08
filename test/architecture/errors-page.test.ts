import { readFileSync } from "node:fs";
import { join } from "node:path";
import { catalogue } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "./sources.ts";

interface Row {
  readonly disposition: string;
  readonly grpc: string;
  readonly reason: string;
  readonly exitCode: number;
  readonly publicMessage: string;
}

function rowsOf(page: string): Record<string, Row> {
  const lines = page.split("\n").filter((line) => /^\| `[A-Z_]+`/u.test(line));
  return Object.fromEntries(
    lines.map((line) => {
      const [code, disposition, grpc, reason, exitCode, publicMessage] = line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")) as [string, string, string, string, string, string];
      return [code, { disposition, grpc, reason, exitCode: Number(exitCode), publicMessage }];
    }),
  );
}

describe("docs/reference/errors.md", () => {
  it("says exactly what the catalogue says", () => {
    const page = readFileSync(join(repositoryRoot, "docs/reference/errors.md"), "utf8");
    expect(rowsOf(page)).toEqual(catalogue);
  });
});
