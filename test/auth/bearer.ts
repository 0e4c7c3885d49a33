// Presents bearer tokens to an authenticator as a gate would, and says in one word what became of them.
import {
  type Authenticator,
  CredentialError,
  type CredentialRequest,
  UndecidableError,
} from "../../src/auth/authenticator.ts";

/** A read with these headers. Members of `overrides` replace what a plain call has. */
export function requestWith(
  headers: Readonly<Record<string, string>>,
  overrides: Partial<CredentialRequest> = {},
): CredentialRequest {
  return {
    headers: new Headers(headers),
    httpMethod: "POST",
    procedure: "/metal.v1.PartitionService/List",
    kind: "unary",
    read: true,
    repeatedHeaders: new Set(),
    signal: new AbortController().signal,
    ...overrides,
  };
}

/** A read with `Authorization: Bearer <token>`. */
export function bearing(
  token: string,
  overrides: Partial<CredentialRequest> = {},
): CredentialRequest {
  return requestWith({ authorization: `Bearer ${token}` }, overrides);
}

/** "accepted", "refused: <detail>" or "undecidable: <detail>". Any other error is thrown on. */
export async function outcome(door: Authenticator, request: CredentialRequest): Promise<string> {
  try {
    await door.authenticate(request);
    return "accepted";
  } catch (error) {
    if (error instanceof CredentialError) return `refused: ${error.detail}`;
    if (error instanceof UndecidableError) return `undecidable: ${error.detail}`;
    throw error;
  }
}
