// Bare grpc-js: two methods, whose messages protobuf-es reads and writes as it does for the others.
import { type DescMethod, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import {
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
} from "@grpc/grpc-js";
import { pathOf } from "../wire.ts";
import { get, list, readPrepared } from "./prepared.ts";
import { folder, tell } from "./serve.ts";

function definition<M extends DescMethod>(
  method: M,
): MethodDefinition<MessageShape<M["input"]>, MessageShape<M["output"]>> {
  return {
    path: pathOf(method),
    requestStream: false,
    responseStream: false,
    requestSerialize: (message) => Buffer.from(toBinary<M["input"]>(method.input, message)),
    requestDeserialize: (bytes) => fromBinary<M["input"]>(method.input, bytes),
    responseSerialize: (message) => Buffer.from(toBinary<M["output"]>(method.output, message)),
    responseDeserialize: (bytes) => fromBinary<M["output"]>(method.output, bytes),
  };
}

const answering =
  <I, O>(answer: O): handleUnaryCall<I, O> =>
  (_, respond) =>
    respond(null, answer);

const prepared = readPrepared(folder);
const server = new Server();
server.addService(
  { get: definition(get), list: definition(list) },
  { get: answering(prepared.get), list: answering(prepared.list) },
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  tell(port);
});
