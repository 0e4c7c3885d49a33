// The answer to whoever asks for a machine: one message for all of them as long as the machine is what it was, frozen, so
// that it is also written only once (src/fast/written.ts).
import { create } from "@bufbuild/protobuf";
import {
  type Machine,
  type MachineServiceGetResponse,
  MachineServiceGetResponseSchema,
} from "../../../gen/metal/v1/machine_pb.ts";

const made = new WeakMap<Machine, MachineServiceGetResponse>();

/** The answer about a machine as it is shown. Who may change what it gets changes nobody else's. */
export function answerOf(machine: Machine): MachineServiceGetResponse {
  const known = made.get(machine);
  if (known !== undefined) return known;
  const answer = create(MachineServiceGetResponseSchema, { machine });
  if (Object.isFrozen(machine)) made.set(machine, Object.freeze(answer));
  return answer;
}
