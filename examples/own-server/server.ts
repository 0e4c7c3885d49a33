// A Connect server of somebody else, under the kit: one call of `guard` stands between the adapter and the services.
import { createServer, type Http2Server } from "node:http2";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { LibraryService } from "./gen/library/v1/library_pb.ts";
import { guard } from "./gen/rbac/gate.ts";
import { authenticate } from "./identities.ts";
import { createLibrary } from "./library.ts";

/** The server, ready to listen. Speaks Connect, gRPC and gRPC-Web over HTTP/2 in clear text. */
export function createLibraryServer(): Http2Server {
  const adapter = connectNodeAdapter({
    ...guard({
      routes: (router) => void router.service(LibraryService, createLibrary()),
      authenticate,
      onDecision: ({ procedure, decision, principal }) => {
        if (!decision.allowed) console.error("refused", procedure, decision.reason, principal?.id);
      },
      onError: (error, { traceId }) => console.error(traceId, error),
    }),
    readMaxBytes: 1024 * 1024,
  });
  return createServer((request, response) => {
    try {
      adapter(request, response);
    } catch {
      // The adapter throws at an authority that is none, which must not end the process.
      response.writeHead(400).end();
    }
  });
}
