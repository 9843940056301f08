import { readFileSync } from "node:fs";
import { parseKubeconfig, startLeaderElection } from "@tributary/operator";

/** A candidate with the default times that tells when it leads; SIGTERM makes it release the lease. */
const [kubeconfigPath = "", identity = ""] = process.argv.slice(2);
const access = parseKubeconfig(readFileSync(kubeconfigPath, "utf8"));
const tell = (type: string) =>
  process.stdout.write(`${JSON.stringify({ type, atMs: performance.timeOrigin + performance.now() })}\n`);
const election = startLeaderElection({
  cluster: "bench",
  endpoint: access.endpoint,
  identityProof: { credential: access.credential ?? {} },
  lease: { namespace: "default", name: "bench" },
  identity,
  onError: (message) => process.stderr.write(`${message}\n`),
});
process.once("SIGTERM", () => void election.release());
tell("started");
if (await election.whenLeading(new AbortController().signal)) tell("leading");
