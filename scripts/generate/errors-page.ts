import { writeFileSync } from "node:fs";
import { catalogue } from "@tributary/kit";

const head = `# Errors

Every error of Tributary has a code of this table. The disposition says what a caller can do: \`transient\` may work
later, \`wait\` waits for something that is not there yet, \`permanent\` needs another input, \`protocol\` is a peer that
broke the contract, \`defect\` is our bug. Codes and exit codes are never reused. Made by \`make generate\` from
\`packages/kit/src/errors/catalogue.ts\`.

| code | disposition | gRPC status | reason | exit code | public message |
|---|---|---|---|---|---|
`;

/** Writes the reference page of the error catalogue. */
export function generateErrorsPage(target: string): void {
  const rows = Object.entries(catalogue).map(
    ([code, entry]) =>
      `| \`${code}\` | ${entry.disposition} | ${entry.grpc} | ${entry.reason} | ${entry.exitCode} | ${entry.publicMessage} |`,
  );
  writeFileSync(target, `${head}${rows.join("\n")}\n`);
}
