// Calls that are refused, beside one that is served: whoever may not do something should not cost more than who may.
import { compare, type Entrant } from "../compare.ts";
import { comparisonTable } from "../report/comparison.ts";
import type { Table } from "../report/table.ts";
import { askedFor, type Stage } from "../stage.ts";
import { MachineService } from "../../gen/metal/v1/machine_pb.ts";
import { type Protocol, requestOf } from "../wire.ts";
import type { Workload } from "./workload.ts";

const { get, delete: remove } = MachineService.method;
const titles: ReadonlyArray<readonly [Protocol, string]> = [
  ["connect", "Connect, HTTP/2"],
  ["grpc", "gRPC, HTTP/2"],
];

export const refusedCalls: Workload = {
  name: "refused",
  meaning: "a call that is refused, beside one that is served",
  async run(stage) {
    const tables: Table[] = [];
    for (const [protocol, title] of titles) {
      stage.note(`refused: ${title}`);
      const rows = await compare(await entrantsOf(stage, protocol), stage.options);
      tables.push(comparisonTable(`refused calls: ${title}`, rows));
    }
    return tables;
  },
};

async function entrantsOf(stage: Stage, protocol: Protocol): Promise<Entrant[]> {
  const { metal, generator, bundled } = stage;
  const served = requestOf(protocol, get, { id: askedFor });
  const refused = requestOf(protocol, remove, { id: askedFor });
  const bearer = await stage.bearer("view");
  const headers = { ...refused.headers, ...bearer };
  const load = { url: metal.url, http: "2" } as const;
  const wrong = { ...load, wants: "refusal" } as const;
  return [
    {
      name: "served: a Viewer reads, OIDC",
      load: { ...load, request: { ...served, headers: { ...served.headers, ...bearer } } },
      generator,
    },
    {
      name: "refused: a Viewer deletes, OIDC",
      load: { ...wrong, request: { ...refused, headers } },
      generator,
    },
    {
      name: "refused: a Viewer deletes, HMAC",
      load: { ...wrong, request: refused, signer: stage.signer("view") },
      generator: bundled,
    },
    { name: "refused: no credential", load: { ...wrong, request: refused }, generator },
  ].map((entrant) => ({ ...entrant, server: metal }));
}
