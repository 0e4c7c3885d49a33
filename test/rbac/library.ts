// The example's library as a server under the kit, with callers and parts to choose: what tests of the kit start from.
import { createServer, type Http2Session, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  type Interceptor,
  type ServiceImpl,
  type Transport,
} from "@connectrpc/connect";
import {
  type ConnectNodeAdapterOptions,
  connectNodeAdapter,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { LibraryService } from "../../examples/own-server/gen/library/v1/library_pb.ts";
import { rules } from "../../examples/own-server/gen/rbac/rules.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import type { Call } from "../../src/rbac/call.ts";
import type { Authenticate } from "../../src/rbac/gate.ts";
import { createGuard, type GuardOptions } from "../../src/rbac/guard.ts";
import type { Principal } from "../../src/rbac/principal.ts";
import { Role } from "../../src/rbac/role.ts";

export type Library = Client<typeof LibraryService>;
export type Implementation = Partial<ServiceImpl<typeof LibraryService>>;

export const protocols = ["connect", "grpc", "grpc-web"] as const;
export type Protocol = (typeof protocols)[number];

/** A principal that is called `name`. */
export const principal = (name: string, facts: Partial<Principal> = {}): Principal => ({
  id: `test:${name}`,
  name,
  role: Role.AUTHENTICATED,
  credential: { kind: "test", label: `name of ${name}` },
  ...facts,
});

/** Who may sign in, by the header "x-caller". Anybody else who is named there presents a bad credential. */
export const callers: Readonly<Record<string, Principal>> = {
  nobody: principal("nobody"),
  viewer: principal("viewer", { role: Role.VIEWER }),
  editor: principal("editor", { role: Role.EDITOR }),
  box: principal("box", { role: Role.EDITOR, component: "return-box" }),
  admin: principal("admin", { role: Role.ADMIN }),
};

const authenticate: Authenticate = async ({ requestHeader }) => {
  const name = requestHeader.get("x-caller");
  if (name === null) return { principal: undefined };
  const found = callers[name];
  return found ? { principal: found } : { refused: "BAD_CREDENTIAL", detail: "unknown_name" };
};

/** Always this caller. */
export const always =
  (one: Principal): Authenticate =>
  async () => ({ principal: one });

/** Answers every call with little, and streams come to an end. */
export const implementation: ServiceImpl<typeof LibraryService> = {
  search: () => ({}),
  whoAmI: () => ({}),
  lend: () => ({}),
  giveBack: () => ({}),
  discard: () => ({}),
  async *watchLoans() {
    yield { isbn: "1" };
  },
  async *scan(scans) {
    for await (const { isbn } of scans) yield { title: isbn };
  },
  async import(books) {
    let count = 0;
    for await (const _ of books) count += 1;
    return { count };
  },
  async *listBorrowers() {
    yield { isbn: "1" };
  },
};

/** How a server departs from one that is wired as it should be. */
export interface Setup extends Partial<GuardOptions> {
  readonly implementation?: Implementation;
  /** Options of the adapter that win over those of the guard. */
  readonly adapter?: Partial<ConnectNodeAdapterOptions>;
}

export interface Running {
  readonly url: string;
  /** Every decision, in the order it was told. */
  readonly decisions: Call[];
  /** Every error that callers do not see. */
  readonly errors: unknown[];
  readonly transport: (protocol?: Protocol, caller?: string, get?: boolean) => Transport;
  readonly client: (protocol?: Protocol, caller?: string, get?: boolean) => Library;
  readonly close: () => Promise<void>;
}

/** Starts a server for HTTP/2 in clear text on a free port. */
export async function start({ adapter, ...setup }: Setup = {}): Promise<Running> {
  const decisions: Call[] = [];
  const errors: unknown[] = [];
  const implemented = { ...implementation, ...setup.implementation };
  const guard = createGuard(rules, {
    routes: (router) => void router.service(LibraryService, implemented),
    authenticate,
    onDecision: (call) => void decisions.push(call),
    onError: (error) => void errors.push(error),
    ...setup,
  });
  const { url, stop } = await listen({ ...guard, ...adapter });
  const sessions = new Http2SessionManager(url);
  const transport = (protocol: Protocol = "grpc", caller?: string, get = false) =>
    createTransport(protocol, { url, sessions, caller, get });
  return {
    url,
    decisions,
    errors,
    transport,
    client: (...as) => createClient(LibraryService, transport(...as)),
    async close() {
      sessions.abort();
      await stop();
    },
  };
}

async function listen(options: ConnectNodeAdapterOptions) {
  const server = createServer(connectNodeAdapter(options));
  const open = new Set<Http2Session>();
  server.on("session", (session: ServerHttp2Session) => {
    open.add(session);
    session.on("close", () => open.delete(session));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      for (const session of open) session.destroy();
    });
  return { url: `http://127.0.0.1:${port}`, stop };
}

interface Target {
  readonly url: string;
  readonly sessions: Http2SessionManager;
  readonly caller: string | undefined;
  readonly get: boolean;
}

function createTransport(protocol: Protocol, { url, sessions, caller, get }: Target): Transport {
  const sign: Interceptor = (next) => (request) => {
    if (caller !== undefined) request.header.set("x-caller", caller);
    return next(request);
  };
  const options = { baseUrl: url, sessionManager: sessions, interceptors: [sign] };
  if (protocol === "grpc") return createGrpcTransport(options);
  if (protocol === "grpc-web") return createGrpcWebTransport({ ...options, httpVersion: "2" });
  return createConnectTransport({ ...options, httpVersion: "2", useHttpGet: get });
}

/** One RPC of every kind, called with something sensible. Streams are read to their end. */
export const kinds = {
  unary: (library: Library) => library.lend({ isbn: "1" }),
  server_streaming: (library: Library) => collect(library.watchLoans({})),
  client_streaming: (library: Library) => library.import(several([{}, {}])),
  bidi_streaming: (library: Library) => collect(library.scan(several([{ isbn: "1" }]))),
} as const satisfies Record<string, (library: Library) => Promise<unknown>>;

export type Kind = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as readonly Kind[];

/** Every kind over every protocol. */
export const everyWay = kindNames.flatMap((kind) =>
  protocols.map((protocol) => ({ kind, protocol })),
);

/** These messages, as a stream. */
export async function* several<T>(messages: readonly T[]): AsyncGenerator<T> {
  yield* messages;
}

/** All messages of a stream. */
export async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

/** The error a call ends with. Rejects if it does not. */
export async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  const outcome = await call.catch((error: unknown) => error);
  if (outcome instanceof ConnectError) return outcome;
  throw new Error("the call did not fail", { cause: outcome });
}

/** All that an error shows its receiver, as one text. */
export function everythingIn({ message, metadata, details }: ConnectError): string {
  const shown = details.map(({ value }) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : JSON.stringify(value),
  );
  return [message, ...[...metadata].flat(), ...shown].join("\n");
}

/** "Unauthenticated NO_CREDENTIAL", "Internal authorization did not run", or "allowed". */
export async function verdict(call: Promise<unknown>): Promise<string> {
  const outcome = await call.catch((error: unknown) => error);
  if (!(outcome instanceof Error)) return "allowed";
  const error = ConnectError.from(outcome);
  const [info] = error.findDetails(ErrorInfoSchema);
  return `${Code[error.code]} ${info?.reason ?? error.rawMessage}`;
}

export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
