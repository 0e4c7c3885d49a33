// The words for what can go wrong. Each returns an error that is safe to show to the caller.
import { Code, ConnectError } from "@connectrpc/connect";

const named = (code: Code) => (message: string, cause?: unknown) =>
  new ConnectError(message, code, undefined, undefined, cause);

/** The request itself is wrong, whatever the state of the data centre. Name the field and the reason. */
export const invalid = named(Code.InvalidArgument);
/** The entity that the request addresses does not exist. */
export const notFound = named(Code.NotFound);
/** The id, name or address is taken. */
export const alreadyExists = named(Code.AlreadyExists);
/** The entity changed since the caller read it; reading again and retrying may help. */
export const aborted = named(Code.Aborted);
/** The state of the data centre forbids it: something referenced is missing, something depends on it. */
export const precondition = named(Code.FailedPrecondition);
/** A pool, prefix, quota or limit is used up. */
export const exhausted = named(Code.ResourceExhausted);
/** A position in a sequence is beyond what is kept of it; beginning anew helps. */
export const outOfRange = named(Code.OutOfRange);
/** Something this server needs does not answer; retrying later may help. */
export const unavailable = named(Code.Unavailable);
