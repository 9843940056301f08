import { Agent, request } from "node:https";

/** An answer of an API server. */
export interface ApiAnswer {
  readonly status: number;
  /** The object, or the Status that says why not. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read into objects of every kind
  readonly body: any;
}

/** One call of an API server. */
export interface ApiCall {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: object;
  /** Of the body; JSON when absent. */
  readonly contentType?: string;
}

/** Calls an API server with one token over connections that are kept: hundreds of attempts cost seconds, not processes. */
export interface ApiCaller {
  call(call: ApiCall): Promise<ApiAnswer>;
  close(): void;
}

export function callAs(url: string, authorityPem: string, token: string): ApiCaller {
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ca: authorityPem });
  return {
    call: ({ method, path, body, contentType = "application/json" }) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? "" : JSON.stringify(body);
        const headers = {
          authorization: `Bearer ${token}`,
          accept: "application/json",
          "content-type": contentType,
          "content-length": Buffer.byteLength(text),
        };
        const outgoing = request(`${url}${path}`, { method, agent, headers }, (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("error", reject);
          incoming.on("end", () => {
            const answer = Buffer.concat(chunks).toString("utf8");
            resolve({ status: incoming.statusCode ?? 0, body: answer.startsWith("{") ? JSON.parse(answer) : answer });
          });
        });
        outgoing.on("error", reject);
        outgoing.end(text);
      }),
    close: () => agent.destroy(),
  };
}
