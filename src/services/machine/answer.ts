// The answer to whoever asks for a machine. Many ask for the same one and see the same: as long as it is what it was, their
// answer is one message, frozen, which is also written only once (src/fast/written.ts).
import { create } from "@bufbuild/protobuf";
import type { MachineHistory } from "../../../gen/metal/store/v1/machine_pb.ts";
import {
  type Machine,
  type MachineServiceGetResponse,
  MachineServiceGetResponseSchema,
} from "../../../gen/metal/v1/machine_pb.ts";
import { withHistory } from "../../domain/machine-view.ts";

interface Made {
  readonly history: MachineHistory | undefined;
  readonly answer: MachineServiceGetResponse;
}

const made = new WeakMap<Machine, Made>();

/** The machine with its history, as `peek` returned both. Who may change what it gets changes nobody else's. */
export function answerOf(
  machine: Machine,
  history: MachineHistory | undefined,
): MachineServiceGetResponse {
  const known = made.get(machine);
  if (known !== undefined && known.history === history) return known.answer;
  const shown = withHistory(machine, history);
  const answer = create(MachineServiceGetResponseSchema, { machine: shown });
  if (!Object.isFrozen(machine)) return answer;
  for (const part of [shown.events?.log, shown.events, shown]) Object.freeze(part);
  made.set(machine, { history, answer: Object.freeze(answer) });
  return answer;
}
