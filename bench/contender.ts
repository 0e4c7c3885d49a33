// The servers that are compared. The README says what each of them does for a call.
import type { ServerCommand } from "./server-process.ts";
import type { Http, Protocol } from "./wire.ts";

/** A server without any check, which answers with prepared messages. */
export interface Bare {
  readonly name: string;
  readonly protocols: readonly Protocol[];
  /** The module that serves each version of HTTP; none where it does not speak it. */
  readonly scripts: Readonly<Partial<Record<Http, string>>>;
}

/** The table. */
export const bareServers: readonly Bare[] = [
  {
    name: "connect-node",
    protocols: ["connect", "connect-json", "grpc"],
    scripts: { "1.1": "bench/servers/connect.ts", "2": "bench/servers/connect.ts" },
  },
  {
    name: "grpc-js",
    protocols: ["grpc"],
    scripts: { "2": "bench/servers/grpc.ts" },
  },
  {
    name: "raw node:http2",
    protocols: ["connect", "connect-json", "grpc"],
    scripts: { "2": "bench/servers/http2.ts" },
  },
  {
    name: "raw node:http",
    protocols: ["connect", "connect-json"],
    scripts: { "1.1": "bench/servers/http1.ts" },
  },
];

/** How metal-connect is started. */
export interface MetalSettings {
  /** With the inventory. */
  readonly data: string;
  readonly log: string;
  readonly issuer: string;
  readonly audience: string;
  /** The keys of the three default users. */
  readonly keys: Readonly<Record<"view" | "edit" | "admin", string>>;
}

/**
 * metal-connect as in production: durable store, gate, validation, audit, counting of use, metrics, and the log of its
 * default level in a file. Only rates and connections of a source are not limited, which would refuse the load.
 */
export function metalConnect(settings: MetalSettings): ServerCommand {
  const { data, log, issuer, audience, keys } = settings;
  const args = {
    listen: "127.0.0.1:0",
    "metrics-listen": "127.0.0.1:0",
    data,
    "oidc-issuer": issuer,
    "oidc-audience": audience,
    "hmac-view-key": keys.view,
    "hmac-edit-key": keys.edit,
    "hmac-admin-key": keys.admin,
    "rate-limit-source": "off",
    "rate-limit-failed-logins": "off",
    "rate-limit-principal": "off",
    // A connection whose upload was refused is left open for a moment, for its peer to read why.
    "max-connections-per-source": "10000",
    "shutdown-grace": "0",
  };
  const flags = Object.entries(args).flatMap(([name, value]) => [`--${name}`, value]);
  return { script: "src/main.ts", args: flags, log };
}
