// Checks messages against the rules in their proto. One validator for the whole process: it compiles the rules of a
// message type once.
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { createValidator, type Violation, violationsToProto } from "@bufbuild/protovalidate";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { Code, ConnectError } from "@connectrpc/connect";

const validator = createValidator();

/**
 * Throws invalid_argument that names every violated field and why, with the violations as detail. `prefix` names the
 * field of the request that holds the message.
 */
export function assertValid<S extends DescMessage>(
  schema: S,
  message: MessageShape<S>,
  prefix = "",
): void {
  const result = validator.validate(schema, message);
  if (result.kind === "valid") return;
  // A rule that cannot be evaluated is a fault of the proto, not of the caller.
  if (result.kind === "error") throw result.error;
  throw invalidFields(result.violations, prefix);
}

function invalidFields(violations: readonly Violation[], prefix: string): ConnectError {
  const lines = violations.map(({ field, message }) => {
    const path = [prefix, pathToString(field)].filter((part) => part !== "").join(".");
    return path === "" ? message : `${path}: ${message}`;
  });
  const [value, desc] = violationsToProto([...violations]);
  return new ConnectError(lines.join("; "), Code.InvalidArgument, undefined, [{ desc, value }]);
}
