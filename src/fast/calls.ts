// All calls: the fast path for the usual ones, and Connect behind it for all others.
import type { MethodImplSpec } from "@connectrpc/connect";
import { type AdapterOptions, createAdapter } from "../http/adapter.ts";
import type { Calls } from "../http/listener.ts";
import { createFastPath, type FastPathOptions } from "./fast-path.ts";
import { noting } from "./mounted.ts";

/** A listener for all RPCs on `routes`; `connect` makes the one behind. Throws what `routes` throws. */
export function createCalls(
  options: AdapterOptions & Pick<FastPathOptions, "bodyMs">,
  connect = createAdapter,
): Calls {
  const mounted: MethodImplSpec[] = [];
  const routes: AdapterOptions["routes"] = (router) => options.routes(noting(router, mounted));
  const fallback = connect({ ...options, routes });
  return createFastPath({ ...options, mounted, fallback });
}
