// The wire between simulated components and the server: gRPC, each call signed by whoever makes it.
import { createHmac, randomBytes } from "node:crypto";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { Identities, Identity } from "./identity.ts";

/** Makes clients of services that speak as one of the identities. */
export type Wire = <S extends DescService>(service: S, as: keyof Identities) => Client<S>;

/** A wire of its own to the server: a connection for each identity, as different hosts have. */
export function createWire(baseUrl: string, identities: Identities): Wire {
  const transports = new Map<Identity, ReturnType<typeof createGrpcTransport>>();
  return (service, as) => {
    const identity = identities[as];
    const known = transports.get(identity);
    const transport = known ?? createGrpcTransport({ baseUrl, interceptors: [signing(identity)] });
    transports.set(identity, transport);
    return createClient(service, transport);
  };
}

/** Signs with metal-stack's headers. */
function signing({ type, keys: [{ secret }] }: Identity): Interceptor {
  return (next) => (request) => {
    const date = `${new Date().toISOString().slice(0, 19)}Z`;
    const salt = randomBytes(12).toString("hex");
    const mac = createHmac("sha256", secret).update(`${date}POST${salt}`).digest("hex");
    request.header.set("authorization", `${type} ${mac}`);
    request.header.set("x-date", date);
    request.header.set("x-data-salt", salt);
    return next(request);
  };
}
