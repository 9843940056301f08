/** Imported into a process before its program: renames to a path that matches TRIBUTARY_TEST_SLOW_RENAME take so many ms longer. */
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const match = new RegExp(process.env.TRIBUTARY_TEST_SLOW_RENAME ?? "$^");
const delayMs = Number(process.env.TRIBUTARY_TEST_SLOW_RENAME_MS);
const { rename } = fs;

fs.rename = async (from, to) => {
  if (match.test(String(to))) await new Promise((resolve) => setTimeout(resolve, delayMs));
  return rename(from, to);
};
syncBuiltinESMExports();
