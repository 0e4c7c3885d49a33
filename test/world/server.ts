// A whole server on a free port, and clients signed in as anyone: what tests of behaviour start from.
import { createHmac, randomBytes } from "node:crypto";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { type App, type AppOptions, createApp } from "../../src/app.ts";
import type { HmacUser } from "../../src/auth/hmac.ts";
import { Role } from "../../src/rbac/role.ts";
import { openTestStore } from "./store.ts";

/** Who a test calls as. "bad" presents a wrong signature, "nobody" is identified and has no role. */
export const callers = ["anonymous", "bad", "nobody", "view", "edit", "admin"] as const;
export type Caller = (typeof callers)[number];

/** On-site components with an identity of their own. */
export const components = ["pixiecore", "metal-hammer", "metal-core", "metal-bmc"] as const;
export type Component = (typeof components)[number];

export const protocols = ["connect", "grpc", "grpc-web"] as const;
export type Protocol = (typeof protocols)[number];

const user = (name: string, role: Role): HmacUser => ({
  name,
  type: name,
  keys: [{ id: "test", secret: `key of ${name}` }],
  role,
  windowSeconds: 90,
});

/** The users of every test server, by how tests call them. */
export const users = {
  nobody: user("Nobody", Role.AUTHENTICATED),
  view: user("Metal-View", Role.VIEWER),
  edit: user("Metal-Edit", Role.EDITOR),
  admin: user("Metal-Admin", Role.ADMIN),
} as const;

const component = (name: Component, role: Role): HmacUser => ({
  ...user(name, role),
  component: name,
});

/** The components, with the roles that they need. A test server knows them if its test says so. */
export const componentUsers = {
  pixiecore: component("pixiecore", Role.VIEWER),
  "metal-hammer": component("metal-hammer", Role.VIEWER),
  "metal-core": component("metal-core", Role.EDITOR),
  "metal-bmc": component("metal-bmc", Role.EDITOR),
} as const;

const everybody = { ...users, ...componentUsers };
/** Users and components. */
export const everyone: readonly HmacUser[] = Object.values(everybody);

export const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A running server. */
export interface World {
  readonly url: string;
  readonly store: AppOptions["store"];
  readonly figures: App["figures"];
  transport(
    caller: Caller | Component,
    options?: { protocol?: Protocol; get?: boolean },
  ): Transport;
  client<S extends DescService>(service: S, caller: Caller | Component): Client<S>;
  close(): Promise<void>;
}

/** Starts a server on an empty store in memory. */
export async function startWorld(options: Partial<AppOptions> = {}): Promise<World> {
  const store = options.store ?? (await openTestStore());
  const app = await createApp({
    store,
    users: Object.values(users),
    issuers: [],
    providerTenant: "metal",
    version: "0.0.0-test",
    log: silent,
    jobs: false,
    ...options,
  });
  const { port } = await app.listen("127.0.0.1", 0);
  const url = `http://127.0.0.1:${port}`;
  const transports = new Map<string, Transport>();
  const world: World = {
    url,
    store,
    figures: app.figures,
    transport(caller, { protocol = "connect", get = false } = {}) {
      const key = `${caller} ${protocol} ${get}`;
      const transport = transports.get(key) ?? transportTo(url, caller, { protocol, get });
      transports.set(key, transport);
      return transport;
    },
    client: (service, caller) => createClient(service, world.transport(caller)),
    close: () => app.close(0),
  };
  return world;
}

function transportTo(
  baseUrl: string,
  caller: Caller | Component,
  { protocol, get }: { protocol: Protocol; get: boolean },
): Transport {
  const interceptors = [signing(caller, get ? "GET" : "POST")];
  if (protocol === "grpc") return createGrpcTransport({ baseUrl, interceptors });
  if (protocol === "grpc-web")
    return createGrpcWebTransport({ baseUrl, httpVersion: "2", interceptors });
  return createConnectTransport({ baseUrl, httpVersion: "2", interceptors, useHttpGet: get });
}

/** Signs every call as `caller`. */
export function signing(caller: Caller | Component, method: "GET" | "POST"): Interceptor {
  return (next) => (request) => {
    for (const [name, value] of Object.entries(credentials(caller, method)))
      request.header.set(name, value);
    return next(request);
  };
}

/** The headers that metal-stack's clients send. */
export function credentials(
  caller: Caller | Component,
  method: "GET" | "POST",
): Record<string, string> {
  if (caller === "anonymous") return {};
  const { type, keys } = everybody[caller === "bad" ? "admin" : caller];
  const secret = caller === "bad" ? "another key" : (keys[0]?.secret ?? "");
  const date = `${new Date().toISOString().slice(0, 19)}Z`;
  const salt = randomBytes(18).toString("hex").slice(0, 24);
  const mac = createHmac("sha256", secret).update(`${date}${method}${salt}`).digest("hex");
  return { authorization: `${type} ${mac}`, "x-date": date, "x-data-salt": salt };
}
