// A part of a server without a port: some services behind all checks, for callers that no setting names.
import {
  type Client,
  type ConnectRouter,
  createClient,
  createRouterTransport,
} from "@connectrpc/connect";
import type { DescService } from "@bufbuild/protobuf";
import { createRecorder } from "../../src/audit/recorder.ts";
import { observing } from "../../src/interceptors/observe.ts";
import { observers } from "../../src/observe/observer.ts";
import { pipeline } from "../../src/pipeline.ts";
import type { Principal } from "../../src/rbac/principal.ts";
import { Role } from "../../src/rbac/role.ts";
import type { Store } from "../../src/store/store.ts";
import { silent } from "./server.ts";

/** A caller, by what matters of it. */
export const caller = (facts: Partial<Principal> = {}): Principal => ({
  id: "test:caller",
  name: "caller",
  role: Role.ADMIN,
  credential: { kind: "test", label: "credential of a test" },
  ...facts,
});

/** A client of the services that `routes` mounts, as this caller. */
export function partClient<S extends DescService>(
  service: S,
  { store, principal, routes }: Part,
): Client<S> {
  const errors = { onError: (error: unknown) => Promise.reject(error) };
  const { routes: mount, ...router } = pipeline({
    routes,
    authenticate: async () => ({ principal }),
    audit: { recorder: createRecorder(store), peerOf: () => "", ...errors },
    usage: { count: () => {} },
    observe: observing(observers([])),
    log: silent,
  });
  return createClient(service, createRouterTransport(mount, { router }));
}

/** What is served, and to whom. */
export interface Part {
  readonly store: Store;
  readonly principal: Principal;
  readonly routes: (router: ConnectRouter) => void;
}
