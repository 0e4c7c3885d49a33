// UserService: proto/metal/v1/user.proto made real.
import type { ServiceImpl } from "@connectrpc/connect";
import type { UserService } from "../../gen/metal/v1/user_pb.ts";
import { callOf } from "../rbac/call.ts";

export function userService() {
  return {
    getMe(_, { values }) {
      const { name, email, groups, tenant, issuer, subject } = callOf(values).principal ?? {};
      return { user: { name, email, groups: [...(groups ?? [])], tenant, issuer, subject } };
    },
  } satisfies ServiceImpl<typeof UserService>;
}
