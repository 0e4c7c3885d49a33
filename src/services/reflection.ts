// grpc.reflection.v1.ServerReflection: tells clients such as buf curl and grpcurl which RPCs there are, and tells
// every caller only of those that it may call.
import type { DescService } from "@bufbuild/protobuf";
import { Code, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import type {
  ServerReflection,
  ServerReflectionRequest,
} from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { principalKey } from "../rbac/call.ts";
import type { Principal } from "../rbac/principal.ts";
import { type Procedure, procedureOf } from "../rbac/rule.ts";
import { createAnswers, failure } from "./reflection/answer.ts";
import { prune } from "./reflection/prune.ts";
import { createView, type SchemaView } from "./reflection/view.ts";

/** May `principal` (undefined: nobody was identified) call `procedure`? */
export type MayCall = (principal: Principal | undefined, procedure: Procedure) => boolean;

/** So many questions are answered on one stream; clients ask a handful. */
const questionLimit = 1_000;

/** So many views are kept. There are as many as there are kinds of callers: roles, and components of a role. */
const viewLimit = 64;

/**
 * Reflection over `services`. A caller sees the services with an RPC that it may call, of them only those RPCs, and
 * the types that go with them (see `prune`). Everything else is answered exactly like what does not exist. A question
 * without an answer gets an error response and the stream goes on; above 1 000 questions it ends with one.
 */
export const reflectionService = (services: readonly DescService[], mayCall: MayCall) => {
  const viewOf = createViews(services, mayCall);
  return {
    async *serverReflectionInfo(
      requests: AsyncIterable<ServerReflectionRequest>,
      { values }: Pick<HandlerContext, "values">,
    ) {
      const answer = createAnswers(viewOf(values.get(principalKey)));
      let left = questionLimit;
      for await (const request of requests) {
        const messageResponse = left > 0 ? answer(request.messageRequest) : tooMany;
        yield { validHost: request.host, originalRequest: request, messageResponse };
        if (left === 0) return;
        left -= 1;
      }
    },
  } satisfies ServiceImpl<typeof ServerReflection>;
};

const tooMany = failure(Code.ResourceExhausted, `more than ${questionLimit} questions on a stream`);

/** Callers that may call the same RPCs share a view, whoever they are; none is made twice. */
function createViews(services: readonly DescService[], mayCall: MayCall) {
  const procedures = services.flatMap(({ methods }) => methods.map(procedureOf));
  const views = new Map<string, SchemaView>();
  return (principal: Principal | undefined): SchemaView => {
    const shown = procedures.filter((procedure) => mayCall(principal, procedure));
    const key = shown.join();
    const known = views.get(key);
    if (known !== undefined) return known;
    const view = createView(prune(services, new Set(shown)));
    if (views.size === viewLimit) views.clear();
    views.set(key, view);
    return view;
  };
}
