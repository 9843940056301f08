import "@tributary/kit/stop-early";
import { printAudit } from "./print-audit.ts";

// Not runMain: its log would stand among the lines. It changes nothing, so a stop signal may end it at once.
process.exitCode = await printAudit(process.argv, process.env, process.stdout, process.stderr);
