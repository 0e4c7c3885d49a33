// What the bare servers answer: the messages that metal-connect gave for the same requests, written to files before.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  MachineService,
  type MachineServiceGetResponse,
  type MachineServiceListResponse,
} from "../../gen/metal/v1/machine_pb.ts";

/** The methods that a bare server has. */
export const { get, list } = MachineService.method;

/** Their answers, the same ones for every call. */
export interface Prepared {
  readonly get: MachineServiceGetResponse;
  readonly list: MachineServiceListResponse;
}

/** Writes the answers into `folder`. */
export function keepPrepared(folder: string, prepared: Prepared): void {
  writeFileSync(join(folder, "get"), toBinary(get.output, prepared.get));
  writeFileSync(join(folder, "list"), toBinary(list.output, prepared.list));
}

/** The answers in `folder`. */
export function readPrepared(folder: string): Prepared {
  return {
    get: fromBinary(get.output, readFileSync(join(folder, "get"))),
    list: fromBinary(list.output, readFileSync(join(folder, "list"))),
  };
}
