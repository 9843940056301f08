import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonWith } from "../shared/python-environment.ts";
import { type PeerProgram, runPeer } from "./peer-run.ts";
import type { RoundContestant } from "./round-case.ts";

/** NVFLARE in its proof-of-concept mode: server and sites in processes of their own on loopback, with its own certificates. */
export const nvflare: RoundContestant = {
  name: "nvflare",
  version: "2.9.0",
  run: (size) => runPeer(program, size),
};

const requirements = fileURLToPath(new URL("../shared/peers/requirements-nvflare.txt", import.meta.url));

const program: PeerProgram = {
  app: ["nvflare_job.py", "nvflare_client.py"],
  rounds: () => 5,
  aggregating: /server_train|runner_process.*server|\/server\//u,
  async start({ processes, folder, rounds, roundLog, logPath, size, limitMs }) {
    const python = pythonWith(requirements);
    const args = ["nvflare_job.py", size.workers, size.mib, rounds, roundLog, limitMs / 1000].map(String);
    const submitter = processes.start(python, args, {
      cwd: folder,
      logPath,
      env: {
        HOME: folder,
        NVFLARE_POC_WORKSPACE: `${folder}/poc`,
        PATH: `${dirname(python)}:${process.env.PATH}`,
        PYTHONUNBUFFERED: "1",
      },
    });
    return { submitter };
  },
};
