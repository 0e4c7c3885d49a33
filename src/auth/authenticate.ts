// From the headers of a call to its caller: chooses the scheme by the Authorization header and asks it. Without such a
// header the client certificate of the connection says who calls.
import type { HandlerContext } from "@connectrpc/connect";
import type { MessageCheck } from "../rbac/call.ts";
import type { Authenticate, Authentication } from "../rbac/gate.ts";
import type { Principal } from "../rbac/principal.ts";
import { procedureOf, type Rule } from "../rbac/rule.ts";
import {
  type Authenticator,
  CredentialError,
  type CredentialRequest,
  UndecidableError,
} from "./authenticator.ts";
import type { IdentifyCertificate, PresentedCertificate } from "./certificate.ts";

/** What the headers of a request cannot tell, because they were joined on the way. */
export type RepeatedHeaders = (context: HandlerContext) => ReadonlySet<string>;

/** Everything that callers may be known by. */
export interface AuthenticateOptions {
  readonly schemes: readonly Authenticator[];
  readonly repeatedHeaders: RepeatedHeaders;
  /** The certificate of the connection, which TLS has verified. */
  readonly certificateOf?: (context: HandlerContext) => PresentedCertificate | undefined;
  readonly identifyCertificate?: IdentifyCertificate;
  /** Milliseconds since 1970, for the end of certificates. */
  readonly now?: () => number;
}

const noCredential: Authentication = { principal: undefined };
const bad = (detail: string): Authentication => ({ refused: "BAD_CREDENTIAL", detail });

/** Headers that no interceptor, handler or log needs to see once the caller is known. */
const spent = ["authorization", "x-data-salt"];

/**
 * Identifies callers by these schemes, each asked only for credentials it claims. A credential that is presented and
 * bad is refused, whatever the RPC; its absence is no error here. An Authorization header decides alone, also beside
 * a certificate: a component may carry the token of a person. A certificate that names nobody is no credential.
 */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  return (context, rule) => {
    const header = context.requestHeader.get("authorization");
    if (header === null) return byCertificate(options, context);
    const repeated = options.repeatedHeaders(context);
    if (repeated.has("authorization")) return bad("repeated_header");
    const [word = ""] = header.split(" ", 1);
    const scheme = options.schemes.find((candidate) => candidate.claims(word));
    if (scheme === undefined) return bad("unknown_scheme");
    return ask(scheme, { context, rule, repeated });
  };
}

/** A connection may outlive its certificate. */
function byCertificate(options: AuthenticateOptions, context: HandlerContext): Authentication {
  const { certificateOf, identifyCertificate, now = Date.now } = options;
  const certificate = certificateOf?.(context);
  if (certificate === undefined) return noCredential;
  if (!(now() < certificate.notAfter.getTime())) return bad("certificate_ended");
  return { principal: identifyCertificate?.(certificate) };
}

interface Question {
  readonly context: HandlerContext;
  readonly rule: Rule;
  readonly repeated: ReadonlySet<string>;
}

/** What a scheme may look at. The signal of a call is only made where somebody has to wait. */
class Presented implements CredentialRequest {
  readonly headers: Headers;
  readonly httpMethod: string;
  readonly procedure: string;
  readonly kind: Rule["kind"];
  readonly read: boolean;
  readonly repeatedHeaders: ReadonlySet<string>;
  readonly messageChecks: MessageCheck[] = [];
  readonly #context: HandlerContext;

  constructor({ context, rule, repeated }: Question) {
    this.headers = context.requestHeader;
    this.httpMethod = context.requestMethod;
    this.procedure = procedureOf(context.method);
    this.kind = rule.kind;
    this.read = rule.read;
    this.repeatedHeaders = repeated;
    this.#context = context;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }

  onMessage(check: MessageCheck): void {
    this.messageChecks.push(check);
  }
}

function ask(scheme: Authenticator, question: Question): Authentication | Promise<Authentication> {
  const presented = new Presented(question);
  const welcome = (principal: Principal): Authentication => {
    for (const name of spent) presented.headers.delete(name);
    return { principal, messageChecks: presented.messageChecks };
  };
  try {
    const found = scheme.authenticate(presented);
    return "then" in found ? found.then(welcome, refused) : welcome(found);
  } catch (error) {
    return refused(error);
  }
}

function refused(error: unknown): Authentication {
  if (error instanceof CredentialError) return bad(error.detail);
  if (error instanceof UndecidableError) return { refused: "UNDECIDABLE", detail: error.detail };
  throw error;
}
