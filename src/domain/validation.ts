// Checks messages against the rules in their proto. One validator for the whole process: it compiles the rules of a
// message type once.
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { createValidator, type Violation, violationsToProto } from "@bufbuild/protovalidate";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { Code, ConnectError } from "@connectrpc/connect";

const validator = createValidator();

/** So many violations are told: the error goes into headers of the answer, and into the audit. */
const mostTold = 20;
/** Paths have keys of maps in them, which may be as long as a request. In characters. */
const longestPath = 200;

/**
 * Throws invalid_argument that names violated fields and why, with the violations as detail. `prefix` names the field
 * of the request that holds the message.
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

function invalidFields(all: readonly Violation[], prefix: string): ConnectError {
  const told = all.slice(0, mostTold);
  const lines = told.map(({ field, message }) => {
    const path = [prefix, pathToString(field)].filter((part) => part !== "").join(".");
    return path === "" ? message : `${shortened(path)}: ${message}`;
  });
  if (all.length > told.length) lines.push(`and ${all.length - told.length} more`);
  const short = told.filter(({ field }) => pathToString(field).length <= longestPath);
  const [value, desc] = violationsToProto(short);
  return new ConnectError(lines.join("; "), Code.InvalidArgument, undefined, [{ desc, value }]);
}

function shortened(path: string): string {
  return path.length <= longestPath ? path : `${path.slice(0, longestPath).toWellFormed()}…`;
}
