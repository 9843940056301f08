import { request } from "node:https";

/** How to ask an API server whether it is ready. */
export interface ReadinessQuestion {
  /** `https://host:port`. */
  readonly url: string;
  readonly authorityPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** Whether the API server answers `/readyz` with 200 within a second; any failure to answer is a "no". */
export function isApiServerReady(question: ReadinessQuestion): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(
      new URL("/readyz", question.url),
      {
        ca: question.authorityPem,
        cert: question.certificatePem,
        key: question.keyPem,
        agent: false,
        timeout: 1_000,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("no answer within 1 s")));
    sent.on("error", () => resolve(false));
    sent.end();
  });
}
