// Answers the questions of one reflection stream from a view.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type {
  ServerReflectionRequest,
  ServerReflectionResponseSchema,
} from "../../../gen/grpc/reflection/v1/reflection_pb.ts";
import type { SchemaView, ViewFile } from "./view.ts";

type Question = ServerReflectionRequest["messageRequest"];
type Answer = NonNullable<
  MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]
>;
/** Puts a file into the form of an answer; `what` names the file if there is none. */
type Send = (file: ViewFile | undefined, what: string) => Answer;

/**
 * Answers question after question. A file comes first and then its imports, as clients expect; an import that this
 * stream has already been sent is left out, as the protocol allows. What is not in `view` is not_found.
 */
export function createAnswers(view: SchemaView): (question: Question) => Answer {
  const sent = new Set<ViewFile>();
  const send: Send = (file, what) => {
    if (file === undefined) return absent(what);
    const files = [file, ...[...file.imports].filter((one) => !sent.has(one))];
    for (const one of files) sent.add(one);
    const fileDescriptorProto = files.map(({ bytes }) => bytes);
    return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
  };
  return (question) => answer(view, send, question);
}

/** An answer that says why there is none. The codes are those of gRPC. */
export function failure(code: Code, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode: code, errorMessage } };
}

function answer(view: SchemaView, send: Send, question: Question): Answer {
  switch (question.case) {
    case "listServices":
      return services(view);
    case "fileByFilename":
      return send(view.fileByName(question.value), `file ${quote(question.value)}`);
    case "fileContainingSymbol":
      return send(view.fileOfSymbol(question.value), `symbol ${quote(question.value)}`);
    case "fileContainingExtension": {
      const { containingType: type, extensionNumber: number } = question.value;
      return send(view.fileOfExtension(type, number), `extension ${number} of ${quote(type)}`);
    }
    case "allExtensionNumbersOfType":
      return extensionNumbers(view, question.value);
    case undefined:
      return failure(Code.Unimplemented, "no such question");
  }
}

function services(view: SchemaView): Answer {
  return {
    case: "listServicesResponse",
    value: { service: view.services.map((name) => ({ name })) },
  };
}

function extensionNumbers(view: SchemaView, baseTypeName: string): Answer {
  const numbers = view.extensionNumbers(baseTypeName);
  if (numbers === undefined) return absent(`message ${quote(baseTypeName)}`);
  return {
    case: "allExtensionNumbersResponse",
    value: { baseTypeName, extensionNumber: [...numbers] },
  };
}

const absent = (what: string): Answer => failure(Code.NotFound, `no ${what}`);

/** Names may be as long as a message. */
const quote = (name: string): string => `"${name.slice(0, 100)}"`;
