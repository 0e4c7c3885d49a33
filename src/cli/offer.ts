// The places that can name a server or a credential, first things first.
import { contextNamed, readContexts } from "./contexts.ts";
import { UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import { Role } from "./rule.ts";
import { readServerCredentials, type ServerUser, userNamed, weakestUser } from "./server-users.ts";
import type { Credential } from "./sign.ts";

/** The flags that choose a server and a credential. */
export interface TargetFlags {
  readonly apiUrl?: string | undefined;
  readonly token?: string | undefined;
  readonly hmac?: string | undefined;
  readonly hmacAuthType?: string | undefined;
  readonly context?: string | undefined;
  readonly user?: string | undefined;
}

/** A credential, and where it was found. */
export interface Found {
  readonly credential: Credential;
  /** "environment METAL_API_HMAC", "context prod", "Metal-Edit in data/credentials.yaml". */
  readonly from: string;
  /** The most powerful user was chosen, which the caller should know. */
  readonly isAdmin?: boolean;
}

/** What a place says. */
export interface Offer {
  readonly from: string;
  readonly apiUrl?: string | undefined;
  readonly credential?: ((needed: Role) => Found | undefined) | undefined;
  /** The server that the credential belongs to; undefined if it may go to any. */
  readonly home?: string | undefined;
}

/** A place that is looked at only when it is needed. */
export type Place = () => Promise<Offer | undefined>;

/** The places in their order. Looking may throw UsageError or CommandError. */
export function offersOf(flags: TargetFlags, io: Io): Place[] {
  if (flags.user !== undefined)
    return [
      async () => flagOffer(flags, io),
      async () => environmentUrl(io),
      async () => userOffer(flags, io),
    ];
  return [
    async () => flagOffer(flags, io),
    async () => environmentOffer(io),
    async () => contextOffer(flags.context, io),
    async () => fileOffer(io),
  ];
}

function flagOffer(flags: TargetFlags, { env }: Io): Offer {
  const { token, hmac, hmacAuthType, apiUrl } = flags;
  const type = hmacAuthType ?? env["METAL_API_HMAC_AUTH_TYPE"];
  const names = { hmac: "--hmac", type: "--hmac-auth-type", token: "--token" };
  return { from: "--api-url", apiUrl, credential: stated({ token, hmac, type }, names, "flag") };
}

function environmentOffer({ env }: Io): Offer {
  const names = {
    token: "METAL_API_TOKEN",
    hmac: "METAL_API_HMAC",
    type: "METAL_API_HMAC_AUTH_TYPE",
  };
  const secret = { token: env[names.token], hmac: env[names.hmac], type: env[names.type] };
  return { ...environmentUrl({ env }), credential: stated(secret, names, "environment") };
}

function environmentUrl({ env }: Pick<Io, "env">): Offer {
  return { from: "environment METAL_API_URL", apiUrl: env["METAL_API_URL"] || undefined };
}

async function contextOffer(wanted: string | undefined, io: Io): Promise<Offer | undefined> {
  const contexts = await readContexts(io);
  const name = wanted ?? contexts.current;
  if (name === undefined) return undefined;
  const { apiUrl, token, hmac, hmacAuthType: type } = contextNamed(contexts, name);
  const from = `context ${name}`;
  const names = { hmac: "hmac", type: "hmac-auth-type", token: "token" };
  const found = stated({ token, hmac, type }, names, `${from},`)?.();
  // A context is chosen once and used for long: when it is its Admin that is needed, the caller should know.
  const isAdmin = (needed: Role) => type === "Metal-Admin" && needed >= Role.ADMIN;
  const credential = found && ((needed: Role) => ({ ...found, isAdmin: isAdmin(needed) }));
  return { from, apiUrl, credential, home: apiUrl };
}

async function fileOffer(io: Io): Promise<Offer | undefined> {
  const file = await readServerCredentials(io);
  if (!file) return undefined;
  const credential = (needed: Role) => {
    const user = weakestUser(file, needed);
    return user && foundUser(user, file.path);
  };
  return { from: file.path, apiUrl: file.apiUrl, credential, home: file.apiUrl };
}

async function userOffer(flags: TargetFlags, io: Io): Promise<Offer> {
  if (flags.token ?? flags.hmac ?? flags.context)
    throw new UsageError("--user goes neither with --token or --hmac nor with --context");
  const file = await readServerCredentials(io);
  if (!file) throw new UsageError("--user needs the credentials file of a server; see METAL_DATA");
  const found = foundUser(userNamed(file, flags.user ?? ""), file.path);
  return { from: file.path, apiUrl: file.apiUrl, credential: () => found, home: file.apiUrl };
}

function foundUser(user: ServerUser, path: string): Found {
  return {
    credential: user,
    from: `${user.name} in ${path}`,
    isAdmin: user.role >= Role.ADMIN,
  };
}

interface Secret {
  readonly token: string | undefined;
  readonly hmac: string | undefined;
  readonly type: string | undefined;
}

/** The credential that a place states, if any. Throws UsageError if it states two, or a key without its type. */
function stated(
  { token, hmac, type }: Secret,
  names: Readonly<Record<keyof Secret, string>>,
  place: string,
): (() => Found) | undefined {
  if (token && hmac) throw new UsageError(`give ${names.token} or ${names.hmac}, not both`);
  if (token)
    return () => ({ credential: { kind: "token", token }, from: `${place} ${names.token}` });
  if (!hmac) return undefined;
  if (type)
    return () => ({
      credential: { kind: "hmac", type, key: hmac },
      from: `${place} ${names.hmac}`,
    });
  const types = "Metal-View, Metal-Edit or Metal-Admin";
  throw new UsageError(`${names.hmac} needs ${names.type}: ${types}, whichever the key is of`);
}
