// Many calls, and what the server holds after each part of them: memory that only grows would end every process.
import { get } from "../servers/prepared.ts";
import type { Column } from "../report/table.ts";
import { askedFor } from "../stage.ts";
import { requestOf } from "../wire.ts";
import type { Workload } from "./workload.ts";

/** Memory is told so often. */
const parts = 10;
const sliceSeconds = 2;
const megabyte = 1_000_000;

const columns: readonly Column[] = [
  { key: "calls", head: "calls" },
  { key: "seconds", head: "seconds" },
  { key: "rss", head: "process, MB", digits: 1 },
  { key: "heapUsed", head: "heap without garbage, MB", digits: 2 },
  { key: "external", head: "beside the heap, MB", digits: 2 },
];

export const soak: Workload = {
  name: "soak",
  meaning: "memory over a million calls that get a machine, each signed anew (HMAC)",
  async run({ options, metal, bundled, signer, note }) {
    const load = {
      url: metal.url,
      http: "2",
      request: requestOf("grpc", get, { id: askedFor }),
      signer: signer("view"),
    } as const;
    const begunMs = performance.now();
    const seconds = Math.min(sliceSeconds, options.seconds);
    let calls = 0;
    const row = async () => {
      const { rss, heapUsed, external } = await metal.usage("usage without garbage");
      return {
        calls,
        seconds: (performance.now() - begunMs) / 1000,
        rss: rss / megabyte,
        heapUsed: heapUsed / megabyte,
        external: external / megabyte,
      };
    };
    const rows = [await row()];
    for (let part = 1; part <= parts; part += 1) {
      note(`soak: part ${part} of ${parts}`);
      while (calls < (options.soakCalls * part) / parts) {
        const outcome = await bundled({ ...load, seconds });
        if (outcome.failed > 0) throw new Error(`${outcome.failed} calls failed`);
        calls += outcome.calls;
      }
      rows.push(await row());
    }
    return [{ title: "soak: get a machine, gRPC, HMAC", columns, rows }];
  },
};
