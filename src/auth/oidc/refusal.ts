// Why a bearer token is refused, in words that are stable for audit and metrics.
import { CredentialError } from "../authenticator.ts";

/** What can be wrong with a bearer token. None of these words reaches the caller. */
export type Refusal =
  | "repeated_header"
  | "bad_authorization"
  | "token_too_long"
  | "token_malformed"
  | "token_header_refused"
  | "token_type_refused"
  | "token_kind_refused"
  | "token_bound_to_key"
  | "algorithm_refused"
  | "issuer_unknown"
  | "kid_missing"
  | "key_unknown"
  | "key_unfit"
  | "signature_wrong"
  | "audience_wrong"
  | "authorized_party_wrong"
  | "subject_malformed"
  | "time_malformed"
  | "token_expired"
  | "token_not_yet_valid"
  | "token_lives_too_long";

/** Throws the CredentialError for `why`. */
export function refuse(why: Refusal): never {
  throw new CredentialError(why);
}
