// Whom to call as: identities made for the check and revoked after it, or those that are at hand.
import { randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import { RetryInfoSchema } from "../../../gen/google/rpc/error_details_pb.ts";
import {
  AccessService,
  AccessServiceWhoAmIRequestSchema,
  type AccessServiceWhoAmIResponse,
} from "../../../gen/metal/v1/access_pb.ts";
import {
  UserService,
  UserServiceCreateRequestSchema,
  type UserServiceCreateResponse,
  UserServiceRevokeRequestSchema,
  UserServiceRotateRequestSchema,
  type UserServiceRotateResponse,
} from "../../../gen/metal/v1/user_pb.ts";
import { type Api, CallError } from "../api.ts";
import { callCode } from "../errors.ts";
import { Role, roleWord } from "../rule.ts";
import type { Kind } from "./kind.ts";

/** Whom a check calls as. */
export interface Callers {
  readonly kinds: readonly Kind[];
  /** The kinds that cannot be tested, and why. */
  readonly untested: readonly { readonly kind: string; readonly because: string }[];
  /** Revokes what was made. */
  readonly release: () => Promise<void>;
}

const roles = [Role.AUTHENTICATED, Role.VIEWER, Role.EDITOR, Role.ADMIN] as const;
const nameOfRole = (role: Role) => roleWord(role).toLowerCase();
const subject = "selfcheck authz";
const reason = "metal selfcheck authz";
const owner = "metal selfcheck";

/** Callers of all kinds; without the right or the setting to make identities, those that are at hand. */
export async function callersOf(api: Api, components: readonly string[]): Promise<Callers> {
  const wanted = [
    ...roles.map((role) => ({ kind: nameOfRole(role), role, component: "" })),
    ...components.map((component) => ({ kind: component, role: Role.UNSPECIFIED, component })),
  ];
  const made: Kind[] = [];
  const release = async () => {
    for (const { name } of made) await revoke(api, name);
  };
  try {
    for (const one of wanted) made.push(await identityOf(api, one));
    return { kinds: withStrangers(made), untested: [], release };
  } catch (error) {
    await release();
    if (!(error instanceof CallError)) throw error;
    return await atHand(api, { wanted: wanted.map(({ kind }) => kind), because: error });
  }
}

interface Wanted {
  readonly kind: string;
  readonly role: Role;
  readonly component: string;
}

const identityName = (kind: string) => `selfcheck-${kind}`;

/** An identity has the same name in every check, so that the list of identities does not grow. */
async function identityOf(api: Api, { kind, role, component }: Wanted): Promise<Kind> {
  const name = identityName(kind);
  const request = create(UserServiceCreateRequestSchema, { name, role, component, owner, reason });
  const answer = await api
    .unary({ method: UserService.method.create, request, subject })
    .catch((error: unknown) => renewed(api, name, error));
  const { identity, key } = answer as UserServiceCreateResponse | UserServiceRotateResponse;
  const type = identity?.type ?? name;
  return {
    name: kind,
    credential: { kind: "hmac", type, key },
    identity: {
      role: identity?.role ?? role,
      component: identity?.component ?? component,
      limitedTo: identity?.limitedTo ?? [],
    },
  };
}

async function renewed(api: Api, name: string, error: unknown) {
  if (!(error instanceof CallError) || error.error.code !== callCode.alreadyExists) throw error;
  const request = create(UserServiceRotateRequestSchema, {
    name,
    grace: durationFromMs(0),
    reason,
  });
  return await api.unary({ method: UserService.method.rotate, request, subject });
}

async function revoke(api: Api, kind: string): Promise<void> {
  const request = create(UserServiceRevokeRequestSchema, { name: identityName(kind) });
  await patiently(() => api.unary({ method: UserService.method.revoke, request, subject }));
}

/** So often a call is repeated that came too early: bad credentials slow everybody at their source. */
const mostRetries = 50;

async function patiently(call: () => Promise<unknown>, left = mostRetries): Promise<void> {
  try {
    await call();
  } catch (error) {
    const [retry] = error instanceof CallError ? error.error.findDetails(RetryInfoSchema) : [];
    if (retry?.retryDelay === undefined || left === 0) throw error;
    const waitMs = durationMs(retry.retryDelay);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    await patiently(call, left - 1);
  }
}

/** Anonymous callers, and one with the type of somebody else and a key that nobody has. */
function withStrangers(kinds: readonly Kind[]): Kind[] {
  const known = kinds.flatMap(({ credential }) =>
    credential?.kind === "hmac" ? [credential] : [],
  );
  const [{ type } = { type: "Metal-View" }] = known;
  const key = randomBytes(32).toString("base64url");
  const bad: Kind = { name: "bad", credential: { kind: "hmac", type, key } };
  return [{ name: "anonymous" }, ...kinds, bad];
}

interface Missing {
  readonly wanted: readonly string[];
  readonly because: CallError;
}

async function atHand(api: Api, { wanted, because }: Missing): Promise<Callers> {
  const kinds = new Map<string, Kind>();
  for (const role of roles) {
    const found = await ownKind(api, role);
    if (found) kinds.set(found.name, found);
  }
  const text = `no identity could be made: ${because.error.rawMessage}`;
  return {
    kinds: withStrangers([...kinds.values()]),
    untested: wanted.filter((kind) => !kinds.has(kind)).map((kind) => ({ kind, because: text })),
    release: async () => {},
  };
}

/** The identity that this program would use for an RPC of that role. */
async function ownKind(api: Api, role: Role): Promise<Kind | undefined> {
  const credential = (await api.target()).credentialFor(role)?.credential;
  if (!credential) return undefined;
  const request = create(AccessServiceWhoAmIRequestSchema);
  const method = AccessService.method.whoAmI;
  const me = (await api.unary({
    method,
    request,
    subject,
    as: role,
  })) as AccessServiceWhoAmIResponse;
  const identity = { role: me.role, component: me.component, limitedTo: [] };
  return { name: me.component || nameOfRole(me.role), credential, identity };
}
