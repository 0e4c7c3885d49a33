// BMCCommandService: proto/metal/v1/bmc_command.proto made real. What commands are and when they are sent is in
// domain/bmc-command.ts.
import type { ServiceImpl } from "@connectrpc/connect";
import type {
  BMCCommandService,
  BMCCommandServiceWatchCommandsRequest,
} from "../../gen/metal/v1/bmc_command_pb.ts";
import { reportCommand } from "../domain/bmc-command.ts";
import { seen } from "../domain/entity.ts";
import type { OpenStream } from "./bmc-command/stream.ts";
import type { Deps } from "./deps.ts";

/** The service, whose streams `open` opens. */
export function bmcCommandService({ read, change }: Deps, open: OpenStream) {
  return {
    async *watchCommands({ partitionId }: BMCCommandServiceWatchCommandsRequest, { signal }) {
      await seen(read.partition, "partition", partitionId);
      yield* open(partitionId, signal);
    },
    async reportCommand({ commandId: id, error }, context) {
      await change(context, (tx) => reportCommand(tx, { id, error, nowMs: Date.now() }));
      return {};
    },
  } satisfies ServiceImpl<typeof BMCCommandService>;
}
