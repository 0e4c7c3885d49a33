// A VPN kept by headscale (https://headscale.net), spoken to by its REST API, version 0.26 and newer
// (https://headscale.net/stable/ref/api/). A project is a user there.
import { unavailable } from "../domain/errors.ts";
import type { AuthKey, Vpn, VpnNode } from "./vpn.ts";

/** Which headscale, and how to be let in. */
export interface HeadscaleSettings {
  /** Where its API is, without a slash at the end. */
  readonly url: string;
  readonly apiKey: string;
  /** Where nodes reach it. */
  readonly loginUrl: string;
}

/** How long an answer may take, in milliseconds. */
const answerMs = 15_000;

/** What headscale answers, as far as it is of use. Everything may be missing in what another server answers. */
interface Answer {
  readonly users?: readonly HeadscaleUser[];
  readonly user?: HeadscaleUser;
  readonly preAuthKey?: { readonly id?: string; readonly key?: string };
  readonly nodes?: readonly HeadscaleNode[];
}

interface HeadscaleUser {
  readonly id?: string;
  readonly name?: string;
}

interface HeadscaleNode {
  readonly id?: string;
  readonly name?: string;
  readonly user?: HeadscaleUser | null;
  readonly online?: boolean;
  readonly ipAddresses?: readonly string[];
}

/** Speaks to a headscale. Nothing is asked of it before something is asked of the VPN. */
export function createHeadscale(settings: HeadscaleSettings): Vpn {
  const api = createApi(settings);
  return {
    loginUrl: settings.loginUrl,
    async createAuthKey({ projectId, ephemeral, expiresAt }) {
      const user = await ensureUser(api, userName(projectId));
      const expiration = expiresAt.toISOString();
      const wanted = { user, reusable: false, ephemeral, expiration };
      const { preAuthKey } = await api("POST", "preauthkey", wanted);
      const { id = "", key = "" } = preAuthKey ?? {};
      if (key === "") throw unavailable("the server of the VPN answers without a key");
      return { id: `${user} ${id}`, key, expiresAt };
    },
    async revokeAuthKey({ id, key }: AuthKey) {
      const [user, number] = id.split(" ");
      // Before version 0.28 a key was named by itself and its user.
      await api("POST", "preauthkey/expire", { id: number }).catch(() =>
        api("POST", "preauthkey/expire", { user, key }),
      );
    },
    async nodes() {
      const { nodes = [] } = await api("GET", "node");
      return nodes.map(nodeOf);
    },
    async deleteNode(id) {
      await api("DELETE", `node/${encodeURIComponent(id)}`, undefined, [404]);
    },
  };
}

/**
 * The user for a project. Names of users begin with a letter and have at least two characters, ids of projects need
 * not; no two projects have the same user.
 */
export function userName(projectId: string): string {
  const fits = /^[a-z][^/]/i.test(projectId) && !projectId.startsWith(prefix);
  return fits ? projectId : `${prefix}${projectId}`;
}

const prefix = "project-";

/** The project of a user. */
function projectOf(name: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

function nodeOf({ id, name, user, online, ipAddresses }: HeadscaleNode): VpnNode {
  return {
    id: id ?? "",
    name: name ?? "",
    projectId: projectOf(user?.name ?? ""),
    online: online ?? false,
    ips: ipAddresses ?? [],
  };
}

type Api = (
  method: string,
  path: string,
  body?: object,
  accepts?: readonly number[],
) => Promise<Answer>;

/** The number of a user, which is made if there is none. Somebody else may make it at the same moment. */
async function ensureUser(api: Api, name: string): Promise<string> {
  const known = await findUser(api, name);
  if (known !== undefined) return known;
  const failed = await api("POST", "user", { name }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const made = await findUser(api, name);
  if (made === undefined) throw failed ?? unavailable("the server of the VPN made no user");
  return made;
}

async function findUser(api: Api, name: string): Promise<string | undefined> {
  const { users = [] } = await api("GET", `user?name=${encodeURIComponent(name)}`);
  return users.find((user) => user.name === name)?.id;
}

function createApi({ url, apiKey }: HeadscaleSettings): Api {
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  return async (method, path, body, accepts = []) => {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers,
      redirect: "error",
      signal: AbortSignal.timeout(answerMs),
      ...(body && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw unavailable("the server of the VPN does not answer", error);
    });
    const text = await response.text();
    if (!response.ok && !accepts.includes(response.status)) {
      // Neither the path nor the answer holds a key here: keys come with success only.
      const cause = new Error(
        `${method} /api/v1/${path}: ${response.status} ${text.slice(0, 500)}`,
      );
      throw unavailable("the server of the VPN refuses", cause);
    }
    return read(text);
  };
}

function read(text: string): Answer {
  try {
    const answer: unknown = JSON.parse(text || "{}");
    return typeof answer === "object" && answer !== null ? answer : {};
  } catch (error) {
    throw unavailable("the server of the VPN answers what nobody understands", error);
  }
}
