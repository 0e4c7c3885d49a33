// How a call failed, in a form that reads well in an expectation.
import { Code, ConnectError } from "@connectrpc/connect";

/** "NotFound: no image "x"", or "no failure". */
export async function failure(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => ConnectError.from(reason),
  );
  return error ? `${Code[error.code]}: ${error.rawMessage}` : "no failure";
}
