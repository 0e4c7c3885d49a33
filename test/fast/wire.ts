// Requests by hand over either version of HTTP, and all that comes back.
import { once } from "node:events";
import { Agent, request as request1, type OutgoingHttpHeaders } from "node:http";
import type { Writable } from "node:stream";
import { connect, type IncomingHttpHeaders } from "node:http2";

export const versions = ["HTTP/1.1", "HTTP/2"] as const;
export type Version = (typeof versions)[number];

/** A request. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  /** Sent one after the other. */
  readonly pieces: readonly Uint8Array[];
  /** The body does not end. */
  readonly unfinished?: boolean;
  /** Breaks the request off when this resolves. */
  readonly broken?: () => Promise<void>;
}

/** What came back. */
export interface WireAnswer {
  readonly status: number | undefined;
  readonly headers: unknown;
  readonly trailers: unknown;
  /** One character for each byte. */
  readonly body: string;
  /** How the request failed, or the stream was reset. */
  readonly failure: string;
}

/** A client with one connection at a time. */
export interface WireClient {
  ask(question: Question): Promise<WireAnswer>;
  close(): void;
}

/** What every host is called, so that headers are the same everywhere. */
const authority = "library.example";

export function openClient(version: Version, port: number): WireClient {
  return version === "HTTP/2" ? openHttp2(port) : openHttp1(port);
}

function openHttp1(port: number): WireClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    close: () => agent.destroy(),
    ask: (question) =>
      new Promise((resolve) => {
        const { method, path, headers, pieces, unfinished, broken } = question;
        const host = { host: "127.0.0.1", port };
        const sent = request1({
          ...host,
          agent,
          method,
          path,
          headers: { host: authority, ...chunked(question), ...headers },
        });
        const nothing = { status: undefined, headers: [], trailers: [], body: "" };
        sent.on("error", (error) => resolve({ ...nothing, failure: codeOf(error) }));
        sent.on("response", (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", () => {});
          response.on("close", () =>
            resolve({
              status: response.statusCode,
              headers: [response.headers, response.rawHeaders.filter((_, at) => at % 2 === 0)],
              trailers: response.trailers,
              body: Buffer.concat(chunks).toString("latin1"),
              failure: response.complete ? "" : "incomplete",
            }),
          );
        });
        write(sent, pieces, unfinished);
        void broken?.().then(() => sent.destroy());
      }),
  };
}

/** Node would announce the length of what it can see. */
function chunked({ method, pieces, headers }: Question): OutgoingHttpHeaders {
  const wanted = method !== "GET" && method !== "HEAD" && pieces.length > 0;
  return wanted && !("content-length" in headers) ? { "transfer-encoding": "chunked" } : {};
}

/** The last piece goes out together with the end, so that nobody sees one without the other. */
function write(sent: Writable, pieces: readonly Uint8Array[], unfinished = false): void {
  for (const piece of pieces.slice(0, -1)) sent.write(piece);
  const last = pieces.at(-1) ?? new Uint8Array();
  if (unfinished) sent.write(last);
  else sent.end(last);
}

const codeOf = (error: Error) => ("code" in error ? String(error.code) : error.message);

function openHttp2(port: number): WireClient {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  return {
    close: () => session.destroy(),
    async ask({ method, path, headers, pieces, unfinished, broken }) {
      const stream = session.request(
        { ":method": method, ":path": path, ":authority": authority, ...headers },
        { endStream: false },
      );
      let received: IncomingHttpHeaders & { ":status"?: number } = {};
      let trailers: IncomingHttpHeaders = {};
      const chunks: Buffer[] = [];
      stream.on("error", () => {});
      stream.on("response", (found) => (received = found));
      stream.on("trailers", (found) => (trailers = found));
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      write(stream, pieces, unfinished);
      void broken?.().then(() => stream.close(8));
      await once(stream, "close");
      return {
        status: received[":status"],
        headers: received,
        trailers,
        body: Buffer.concat(chunks).toString("latin1"),
        failure: stream.rstCode ? `reset ${stream.rstCode}` : "",
      };
    },
  };
}
