// Which requests the fast path answers. Decided by the headers alone, before any byte of a body is read, so that
// Connect finds what is left to it untouched.
import type { MethodImplSpec } from "@connectrpc/connect";
import type { IncomingHttpHeaders } from "node:http";
import { connectDialects } from "./connect.ts";
import { grpcDialects } from "./grpc.ts";
import type { Dialect } from "./protocol.ts";

/** A unary method. */
export type UnarySpec = Extract<MethodImplSpec, { readonly kind: "unary" }>;

/** A request that is answered here. */
export interface Match<M> {
  readonly method: M;
  readonly dialect: Dialect;
  /** The deadline that the client sets, in milliseconds from now. */
  readonly timeoutMs?: number;
}

/** What is looked at. */
export interface MatchOptions<M> {
  /** By path. */
  readonly methods: ReadonlyMap<string | undefined, M>;
  readonly maxTimeoutMs: number;
}

/** What a request says before its body. */
interface Asked {
  readonly verb: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

const dialects: ReadonlyMap<string | undefined, Dialect> = new Map(
  Object.entries({ ...connectDialects, ...grpcDialects }),
);

/** Undefined for everything out of the ordinary: that is left to Connect. */
export function match<M>(
  { verb, path, headers }: Asked,
  { methods, maxTimeoutMs }: MatchOptions<M>,
): Match<M> | undefined {
  const method = verb === "POST" ? methods.get(path) : undefined;
  const dialect = dialects.get(headers["content-type"]);
  if (method === undefined || dialect === undefined || headers.expect !== undefined)
    return undefined;
  const { header, parseTimeout } = dialect.protocol;
  const encoding = headers[header.encoding] ?? "identity";
  const timeout = headers[header.timeout] ?? null;
  if (encoding !== "identity" || Array.isArray(timeout)) return undefined;
  if (timeout === null) return { method, dialect };
  const { timeoutMs, error } = parseTimeout(timeout, maxTimeoutMs);
  const isUsual = error === undefined && timeoutMs !== undefined && timeoutMs > 0;
  return isUsual ? { method, dialect, timeoutMs } : undefined;
}
