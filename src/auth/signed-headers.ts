// What the three headers of a signed call say, before anybody knows whether it is true.
import { CredentialError, type CredentialRequest } from "./authenticator.ts";
import { parseRfc3339 } from "./rfc3339.ts";

/** A signature and what it is said to cover. */
export interface Signed {
  readonly type: string;
  /** 64 lower-case hex digits. */
  readonly mac: string;
  /** The time in X-Date, its fraction cut off as the signature has it. */
  readonly epochSeconds: number;
  readonly salt: string;
  readonly method: string;
}

const signedHeaders = ["authorization", "x-date", "x-data-salt"] as const;

/** A token (RFC 9110, section 5.6.2), exactly one space, lower-case hex. */
const authorizationForm = /^([\w!#$%&'*+.^`|~-]+) ([0-9a-f]{64})$/;

/** Clients send 24 random letters. Without enough of a salt, two calls in the same second would share a signature. */
const saltForm = /^[\x21-\x7e]{16,128}$/;

/** The headers of a call in the one form that is accepted. Throws CredentialError for any other. */
export function readSigned(request: CredentialRequest): Signed {
  if (signedHeaders.some((name) => request.repeatedHeaders.has(name)))
    throw new CredentialError("repeated_header");
  const { headers, httpMethod } = request;
  const credentials = readAuthorization(headers.get("authorization") ?? "");
  const epochSeconds = parseRfc3339(headers.get("x-date") ?? "");
  if (epochSeconds === undefined) throw new CredentialError("bad_date");
  const salt = readSalt(headers.get("x-data-salt") ?? "");
  // Method and salt are signed without a separator, so another method could borrow characters of the salt.
  if (httpMethod !== "POST" && httpMethod !== "GET") throw new CredentialError("bad_method");
  return { ...credentials, epochSeconds, salt, method: httpMethod };
}

function readAuthorization(text: string): Pick<Signed, "type" | "mac"> {
  const [, type, mac] = authorizationForm.exec(text) ?? [];
  if (type === undefined || mac === undefined) throw new CredentialError("bad_authorization");
  return { type, mac };
}

function readSalt(text: string): string {
  if (!saltForm.test(text)) throw new CredentialError("bad_salt");
  return text;
}
