// The contract between whoever receives a call and the schemes that can say who makes it.
import type { Principal } from "../rbac/principal.ts";
import type { MethodKind } from "../rbac/rule.ts";

/** What authentication may look at: headers only, never the body. */
export interface CredentialRequest {
  readonly headers: Headers;
  /** As on the wire: "POST", or "GET" for a Connect unary read. */
  readonly httpMethod: string;
  /** "/package.Service/Method", from the descriptor. */
  readonly procedure: string;
  readonly kind: MethodKind;
  /** The RPC has no side effects. */
  readonly read: boolean;
  /** Names (lower case) of headers that arrived more than once. */
  readonly repeatedHeaders: ReadonlySet<string>;
  /** Aborted when the call ends before it is decided. */
  readonly signal: AbortSignal;
  /**
   * Called by a scheme that wants to see a digest of the request message of a unary read before the handler runs.
   * The check resolves to false to refuse the call, and throws UndecidableError like `authenticate`. Where nobody
   * offers this, a scheme must treat the credential as good for one call.
   */
  readonly onMessage?: (check: MessageCheck) => void;
}

/** May this message be handled under the credential? `digest` is any collision-resistant text of the message. */
export type MessageCheck = (digest: string) => Promise<boolean>;

/** A scheme of credentials. */
export interface Authenticator {
  /** True if the Authorization scheme token (text before the first space, as sent) belongs to this scheme. */
  claims(scheme: string): boolean;
  /**
   * The caller, at once where there is nothing to wait for. Throws CredentialError, or rejects with it, if the credential
   * is bad, with UndecidableError if this side cannot decide now.
   */
  authenticate(request: CredentialRequest): Principal | Promise<Principal>;
}

/** The credential is bad. The message is the same for every cause, because the cause helps an attacker. */
export class CredentialError extends Error {
  override readonly name = "CredentialError";
  /** A stable word for audit and metrics; it never reaches the caller. */
  readonly detail: string;

  constructor(detail: string) {
    super("invalid credentials");
    this.detail = detail;
  }
}

/** This server cannot decide at the moment (provider down, key set not loaded): the caller gets `unavailable`. */
export class UndecidableError extends Error {
  override readonly name = "UndecidableError";
  /** A stable word for audit and metrics; it never reaches the caller. */
  readonly detail: string;

  constructor(detail: string) {
    super("credentials cannot be checked at the moment");
    this.detail = detail;
  }
}
