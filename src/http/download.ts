// Files that are loaded with a token in the URL: who has it needs no credential, because a BMC has none.
import type { Readable } from "node:stream";
import { pipeline } from "node:stream";
import type { HttpListener, HttpRequest, HttpResponse } from "./listener.ts";

/** A file. */
export interface Download {
  /** In bytes. */
  readonly size: number;
  readonly read: () => Readable;
}

/** What can be loaded, and what comes after it. */
export interface DownloadOptions {
  /** How the paths of downloads begin; the token follows. */
  readonly path: string;
  /** The file that a token is good for; undefined if it is for none, and nobody is told why. */
  readonly open: (token: string) => Promise<Download | undefined>;
  /** Is told what went wrong with a file, for the log. */
  readonly onError: (error: unknown) => void;
  /** Answers everything else. */
  readonly fallback: HttpListener;
}

/** No token is longer. */
const maxToken = 2_048;

/** Answers GET and HEAD of what a token is good for with the whole file, and 404 to any other token. */
export function createDownload({ path, open, onError, fallback }: DownloadOptions): HttpListener {
  return (request, response) => {
    const token = tokenOf(request, path);
    if (token === undefined) return fallback(request, response);
    answer({ request, response, onError }, open(token)).catch((error: unknown) => {
      onError(error);
      end(response, 500);
    });
  };
}

function tokenOf({ method, url = "" }: HttpRequest, path: string): string | undefined {
  const isRead = method === "GET" || method === "HEAD";
  return isRead && url.startsWith(path)
    ? url.slice(path.length, path.length + maxToken)
    : undefined;
}

interface Exchange {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly onError: (error: unknown) => void;
}

async function answer(
  { request, response, onError }: Exchange,
  opening: Promise<Download | undefined>,
): Promise<void> {
  const download = await opening;
  if (download === undefined) return end(response, 404);
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": download.size,
    "cache-control": "no-store",
  });
  if (request.method === "HEAD") return void response.end();
  // A loader that goes away ends the reading; that is no error.
  pipeline(download.read(), response, (error) => {
    if (error && !response.destroyed) onError(error);
  });
}

function end(response: HttpResponse, status: number): void {
  if (!response.headersSent) response.writeHead(status, { "cache-control": "no-store" });
  response.end();
}
