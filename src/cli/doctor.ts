// `metal doctor`: whether the books of the server balance.
import { create, type Message } from "@bufbuild/protobuf";
import {
  type DoctorFinding,
  DoctorFindingSchema,
  DoctorService,
  DoctorServiceCheckRequestSchema,
  type DoctorServiceCheckResponse,
} from "../../gen/metal/v1/doctor_pb.ts";
import { exitCode, SilentExit } from "./errors.ts";
import { printList } from "./output.ts";
import type { Session } from "./session.ts";

/** Prints what is wrong, or that nothing is. Ends with status 1 if something is. */
export async function doctor({ api, io, style }: Session): Promise<void> {
  const request = create(DoctorServiceCheckRequestSchema);
  const answers = api.stream({ method: DoctorService.method.check, request, subject: "doctor" });
  const findings = (await Array.fromAsync(answers, findingOf)).filter((one) => one !== undefined);
  const wanted = style("table");
  const isTable = wanted.format === "table" || wanted.format === "wide";
  if (findings.length === 0 && isTable) return io.stdout("the books balance\n");
  io.stdout(printList(DoctorFindingSchema, findings, wanted));
  if (findings.length > 0) throw new SilentExit(exitCode.failed);
}

const findingOf = (answer: Message): DoctorFinding | undefined =>
  (answer as DoctorServiceCheckResponse).finding;
