// A server that speaks headscale's REST API as its versions 0.26 and 0.30 do: the same paths, bodies and statuses, and
// the same distrust.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** In version 0.30, unknown fields are refused, errors have statuses of their own, and keys are expired by number. */
export type Version = "0.26" | "0.30";

/** A key that was made. */
export interface MadeKey {
  readonly id: string;
  readonly user: string;
  readonly key: string;
  readonly reusable: boolean;
  readonly ephemeral: boolean;
  expiration: string;
}

/** A headscale that runs. */
export interface HeadscaleServer {
  readonly settings: { readonly url: string; readonly loginUrl: string; readonly apiKey: string };
  readonly users: { readonly id: string; readonly name: string }[];
  readonly keys: MadeKey[];
  readonly nodes: object[];
  /** "METHOD path" of every request. */
  readonly log: string[];
  /** While it is true, every request is answered with 500. */
  broken: boolean;
  close(): Promise<void>;
}

type Body = Readonly<Record<string, unknown>>;
type Result = readonly [status: number, body: object];

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Body;
}

const apiKey = "hskey-api-test";

/** Starts a headscale that knows nobody. */
export async function startHeadscale(version: Version = "0.30"): Promise<HeadscaleServer> {
  const server = createServer((request, response) => {
    void handle(request).then(([status, body]) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const state: HeadscaleServer = {
    settings: { url: `http://127.0.0.1:${port}`, loginUrl: "https://vpn.example", apiKey },
    users: [],
    keys: [],
    nodes: [],
    log: [],
    broken: false,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  const handle = async (request: IncomingMessage): Promise<Result> => {
    const url = new URL(request.url ?? "", "http://headscale");
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const method = request.method ?? "";
    state.log.push(`${method} ${url.pathname}`);
    if (request.headers.authorization !== `Bearer ${apiKey}`) return [401, {}];
    if (state.broken) return [500, { message: "broken" }];
    const body = JSON.parse(Buffer.concat(chunks).toString() || "{}") as Body;
    const path = url.pathname.replace(/^\/api\/v1\//, "");
    return answer(state, version, { method, path, query: url.searchParams, body });
  };
  return state;
}

const routes: Readonly<
  Record<string, (state: HeadscaleServer, version: Version, request: Request) => Result>
> = {
  "GET user": ({ users }, _, { query }) => [
    200,
    { users: users.filter(({ name }) => !query.get("name") || name === query.get("name")) },
  ],
  "POST user": createUser,
  "POST preauthkey": createKey,
  "POST preauthkey/expire": expireKey,
  "GET node": ({ nodes }) => [200, { nodes }],
};

function answer(state: HeadscaleServer, version: Version, request: Request): Result {
  const { method, path } = request;
  if (method === "DELETE" && path.startsWith("node/")) return deleteNode(state, path);
  const route = routes[`${method} ${path}`];
  return route === undefined ? [404, {}] : route(state, version, request);
}

function deleteNode({ nodes }: HeadscaleServer, path: string): Result {
  const at = nodes.findIndex((node) => "id" in node && `node/${String(node.id)}` === path);
  if (at === -1) return [404, {}];
  nodes.splice(at, 1);
  return [200, {}];
}

/** What version 0.30 says of fields that it does not know. */
function strange(version: Version, body: Body, known: readonly string[]): Result | undefined {
  const other = Object.keys(body).find((name) => !known.includes(name));
  if (version === "0.26" || other === undefined) return undefined;
  return [422, { title: "Unprocessable Entity", detail: `unexpected property ${other}` }];
}

function createUser({ users }: HeadscaleServer, version: Version, { body }: Request): Result {
  const refused = strange(version, body, ["name", "displayName", "email", "pictureUrl"]);
  if (refused !== undefined) return refused;
  const name = String(body["name"]);
  if (!/^[\p{L}][\p{L}\p{N}._@-]+$/u.test(name)) return [500, { message: "invalid username" }];
  if (users.some((user) => user.name === name)) return [version === "0.26" ? 500 : 409, {}];
  const user = { id: `${users.length + 1}`, name };
  users.push(user);
  return [200, { user }];
}

function createKey(state: HeadscaleServer, version: Version, { body }: Request): Result {
  const known = ["user", "reusable", "ephemeral", "expiration", "aclTags"];
  const refused = strange(version, body, known);
  if (refused !== undefined) return refused;
  const user = state.users.find(({ id }) => id === body["user"]);
  if (user === undefined) return [version === "0.26" ? 500 : 404, {}];
  const id = `${state.keys.length + 1}`;
  const { reusable, ephemeral, expiration } = body as unknown as MadeKey;
  const key = { id, user: user.id, key: `secret ${id}`, reusable, ephemeral, expiration };
  state.keys.push(key);
  return [200, { preAuthKey: { ...key, user, used: false, aclTags: [] } }];
}

function expireKey({ keys }: HeadscaleServer, version: Version, { body }: Request): Result {
  const refused = strange(version, body, ["id"]);
  if (refused !== undefined) return refused;
  const found = keys.find(({ id, user, key }) =>
    version === "0.26" ? user === body["user"] && key === body["key"] : id === body["id"],
  );
  if (found === undefined) return [version === "0.26" ? 500 : 404, {}];
  found.expiration = new Date(0).toISOString();
  return [200, {}];
}
