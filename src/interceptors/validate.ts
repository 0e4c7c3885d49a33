// The stage that checks every request message against the rules in its proto, unary and streams alike.
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import { assertValid } from "../domain/validation.ts";

/** Refuses a message that violates its rules with invalid_argument, before the handler sees it. */
export const validate: Interceptor = (next) => (request) => {
  const { input } = request.method;
  if (!request.stream) {
    assertValid(input, request.message);
    return next(request);
  }
  return next({ ...request, message: validated(input, request.message) });
};

async function* validated<S extends DescMessage>(
  schema: S,
  messages: AsyncIterable<MessageShape<S>>,
): AsyncGenerator<MessageShape<S>> {
  for await (const message of messages) {
    assertValid(schema, message);
    yield message;
  }
}
