import { connect } from "node:net";
import { Reach } from "./enforcement.ts";
import type { Target } from "./probe-targets.ts";

/** Tries to open a TCP connection, for at most `timeoutMs` and until the signal aborts, and closes it again; sends nothing. Never throws. */
export function tryConnection({ host, port }: Target, timeoutMs: number, signal: AbortSignal): Promise<Reach> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const end = (reach: Reach) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reach);
    };
    const timer = setTimeout(() => end(Reach.Silent), timeoutMs);
    socket.once("connect", () => end(Reach.Open));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => end(isRefusal(code) ? Reach.Refused : Reach.Silent));
  });
}

function isRefusal(code: string | undefined): boolean {
  return code === "ECONNREFUSED" || code === "ECONNRESET";
}
