// A call by hand: headers first, the body when and if the test wants.
import { connect, type OutgoingHttpHeaders } from "node:http2";
import { setTimeout } from "node:timers/promises";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface RawCall {
  readonly answer: Promise<RawAnswer>;
  /** Ends the body with `text`. */
  readonly send: (text: string) => void;
  /** Takes no more of the answer. */
  readonly hold: () => void;
  /** Breaks the call off. */
  readonly cancel: () => void;
}

/** Begins a call of `path` and leaves its body open. */
export function beginCall(url: string, path: string, headers: OutgoingHttpHeaders = {}): RawCall {
  const session = connect(url);
  const stream = session.request({ ":path": path, ":method": "POST", ...headers });
  const answer = new Promise<RawAnswer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let head: Readonly<Record<string, unknown>> = {};
    stream.on("response", (received) => void (head = received));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("end", () => {
      session.destroy();
      const body = Buffer.concat(chunks).toString();
      resolve({ status: Number(head[":status"]), headers: head, body });
    });
  });
  const cancel = () => {
    answer.catch(() => {});
    stream.close(8);
    void setTimeout(20).then(() => session.destroy());
  };
  const hold = () => void stream.removeAllListeners("data").pause();
  return { answer, hold, send: (text) => void stream.end(text), cancel };
}

export const json = { "content-type": "application/json" };
