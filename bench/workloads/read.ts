// Reads, answered by everybody: metal-connect from its store behind all checks, the others with the same message.
import {
  type DescMethod,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { compare, type Entrant } from "../compare.ts";
import { bareServers } from "../contender.ts";
import { comparisonTable } from "../report/comparison.ts";
import type { Table } from "../report/table.ts";
import type { Prepared } from "../servers/prepared.ts";
import { get, list } from "../servers/prepared.ts";
import type { ServerProcess } from "../server-process.ts";
import { askedFor, pageSize, type Stage } from "../stage.ts";
import { type Http, type Protocol, requestOf } from "../wire.ts";
import type { Workload } from "./workload.ts";

/** How calls reach a server. */
interface Course {
  readonly title: string;
  readonly protocol: Protocol;
  readonly http: Http;
}

/** What most clients speak. */
const usual: readonly Course[] = [
  { title: "Connect, HTTP/2", protocol: "connect", http: "2" },
  { title: "gRPC, HTTP/2", protocol: "grpc", http: "2" },
];

const others: readonly Course[] = [
  { title: "Connect with JSON, HTTP/2", protocol: "connect-json", http: "2" },
  { title: "Connect, HTTP/1.1", protocol: "connect", http: "1.1" },
  { title: "Connect with JSON, HTTP/1.1", protocol: "connect-json", http: "1.1" },
];

/** A call that everybody answers. */
interface Question<M extends DescMethod> {
  readonly method: M;
  readonly message: MessageInitShape<M["input"]>;
  answer(this: void, prepared: Prepared): MessageShape<M["output"]>;
}

const getMachine: Question<typeof get> = {
  method: get,
  message: { id: askedFor },
  answer: (prepared) => prepared.get,
};

const listMachines: Question<typeof list> = {
  method: list,
  message: { pageSize },
  answer: (prepared) => prepared.list,
};

const reading = <M extends DescMethod>(
  words: Pick<Workload, "name" | "meaning">,
  courses: readonly Course[],
  question: Question<M>,
): Workload => ({
  ...words,
  async run(stage) {
    const tables: Table[] = [];
    for (const course of courses) {
      stage.note(`${words.name}: ${course.title}`);
      const rows = await compare(await entrantsOf(stage, course, question), stage.options);
      tables.push(comparisonTable(`${words.meaning}: ${course.title}`, rows));
    }
    return tables;
  },
});

async function entrantsOf<M extends DescMethod>(
  stage: Stage,
  { protocol, http }: Course,
  { method, message, answer }: Question<M>,
): Promise<Entrant[]> {
  const signed = requestOf(protocol, method, message);
  const headers = { ...signed.headers, ...(await stage.bearer("view")) };
  const request = { ...signed, headers };
  const common = { answerBytes: bytesOf(protocol, method, answer(stage.prepared)) };
  const entrant = (name: string, server: ServerProcess): Entrant => {
    const load = { url: server.url, http, request };
    return { ...common, name, server, load, generator: stage.generator };
  };
  const bare = bareServers
    .filter((each) => each.protocols.includes(protocol) && each.scripts[http] !== undefined)
    .map(async (each) => entrant(each.name, await stage.bare(each, http)));
  const { metal, bundled } = stage;
  const load = { url: metal.url, http, request: signed, signer: stage.signer("view") };
  return [
    entrant("metal-connect, OIDC", metal),
    { ...common, name: "metal-connect, HMAC", server: metal, load, generator: bundled },
    ...(await Promise.all(bare)),
  ];
}

/** How long an answer is on the wire. */
function bytesOf<M extends DescMethod>(
  protocol: Protocol,
  { output }: M,
  answer: MessageShape<M["output"]>,
): number {
  if (protocol === "connect-json")
    return Buffer.byteLength(toJsonString<M["output"]>(output, answer));
  return toBinary<M["output"]>(output, answer).length + (protocol === "grpc" ? 5 : 0);
}

export const getUsual = reading({ name: "get", meaning: "get a machine" }, usual, getMachine);
export const getOthers = reading(
  { name: "get-other", meaning: "get a machine, other encodings" },
  others,
  getMachine,
);
export const listUsual = reading(
  { name: "list", meaning: `list ${pageSize} machines` },
  usual,
  listMachines,
);
