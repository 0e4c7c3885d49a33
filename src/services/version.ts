// VersionService: proto/metal/v1/version.proto made real.
import type { ServiceImpl } from "@connectrpc/connect";
import type { VersionService } from "../../gen/metal/v1/version_pb.ts";

/** What the server is. */
export interface Version {
  readonly version: string;
  readonly minClientVersion: string;
  readonly rulesHash: string;
}

export function versionService(version: Version) {
  return { get: () => version } satisfies ServiceImpl<typeof VersionService>;
}
