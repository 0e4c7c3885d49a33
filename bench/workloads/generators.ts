// The load generators against each other: a server must look the same, whoever drives it.
import { compare } from "../compare.ts";
import { bareServers } from "../contender.ts";
import { comparisonTable } from "../report/comparison.ts";
import { get } from "../servers/prepared.ts";
import { askedFor } from "../stage.ts";
import { requestOf } from "../wire.ts";
import type { Workload } from "./workload.ts";

export const generators: Workload = {
  name: "generators",
  meaning: "the same calls from h2load and from the bundled generator",
  async run(stage) {
    const plain = requestOf("grpc", get, { id: askedFor });
    const request = { ...plain, headers: { ...plain.headers, ...(await stage.bearer("view")) } };
    const bare = bareServers.filter(({ protocols }) => protocols.includes("grpc"));
    const servers = [
      { name: "metal-connect", server: stage.metal },
      ...(await Promise.all(
        bare.map(async (each) => ({ name: each.name, server: await stage.bare(each, "2") })),
      )),
    ];
    const tables = [];
    for (const { name, server } of servers) {
      stage.note(`generators: ${name}`);
      const load = { url: server.url, http: "2", request } as const;
      const entrants = [
        { name: "usual generator", server, load, generator: stage.generator },
        { name: "bundled generator", server, load, generator: stage.bundled },
      ];
      tables.push(comparisonTable(`generators: ${name}`, await compare(entrants, stage.options)));
    }
    return tables;
  },
};
