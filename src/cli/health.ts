// `metal health`: the health of the server and its parts.
import { create } from "@bufbuild/protobuf";
import {
  type HealthServiceGetResponse,
  HealthComponentSchema,
  HealthService,
  HealthServiceGetRequestSchema,
  HealthServiceGetResponseSchema,
  HealthStatus,
} from "../../gen/metal/v1/health_pb.ts";
import { exitCode, SilentExit } from "./errors.ts";
import { printList, printOne } from "./output.ts";
import type { Session } from "./session.ts";

/** Prints the health. Ends with status 1 unless the server says that it is healthy. */
export async function health({ api, io, style }: Session): Promise<void> {
  const request = create(HealthServiceGetRequestSchema);
  const call = { method: HealthService.method.get, request, subject: "health" };
  const answer = (await api.unary(call)) as HealthServiceGetResponse;
  const wanted = style("table");
  const isTable = wanted.format === "table" || wanted.format === "wide";
  const parts = [{ name: "server", status: answer.status }, ...answer.components];
  const rows = parts.map((part) =>
    create(HealthComponentSchema, { name: part.name, status: part.status }),
  );
  io.stdout(
    isTable
      ? printList(HealthComponentSchema, rows, wanted)
      : printOne(HealthServiceGetResponseSchema, answer, wanted),
  );
  if (answer.status !== HealthStatus.HEALTHY) throw new SilentExit(exitCode.failed);
}
