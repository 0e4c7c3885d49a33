// Clients that sign with a key that a test was given, as metal-stack's do.
import { randomBytes } from "node:crypto";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { signHmac } from "../../src/auth/sign-hmac.ts";

/** Whom to be. */
export interface Login {
  readonly type: string;
  readonly key: string;
}

/** A client of the server at `baseUrl`. */
export function keyClient<S extends DescService>(
  baseUrl: string,
  service: S,
  { type, key }: Login,
): Client<S> {
  const signing: Interceptor = (next) => (request) => {
    const date = `${new Date().toISOString().slice(0, 19)}Z`;
    const salt = randomBytes(12).toString("hex");
    const mac = signHmac(Buffer.from(key), { date, method: request.requestMethod, salt });
    request.header.set("authorization", `${type} ${mac.toString("hex")}`);
    request.header.set("x-date", date);
    request.header.set("x-data-salt", salt);
    return next(request);
  };
  const interceptors = [signing];
  const transport = createConnectTransport({ baseUrl, httpVersion: "2", interceptors });
  return createClient(service, transport);
}
