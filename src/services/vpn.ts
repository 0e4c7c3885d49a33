// VPNService: proto/metal/v1/vpn.proto made real.
import { durationMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { VPNService } from "../../gen/metal/v1/vpn_pb.ts";
import { found, seen } from "../domain/entity.ts";
import { precondition } from "../domain/errors.ts";
import type { Vpn } from "../vpn/vpn.ts";
import type { TimedDeps } from "./deps.ts";

/** What the service is given. */
export interface VpnDeps extends TimedDeps {
  /** The VPN; none without. */
  readonly vpn?: Vpn | undefined;
}

/** How long a key can be used to join unless told otherwise, in milliseconds. */
const defaultExpirationMs = 60 * 60 * 1000;

export function vpnService({ read, change, now, vpn }: VpnDeps) {
  return {
    async getAuthKey({ projectId, ephemeral, expiration }, context) {
      await seen(read.project, "project", projectId);
      if (vpn === undefined) throw precondition("no VPN is configured: set headscale-url");
      const lifetimeMs = expiration === undefined ? defaultExpirationMs : durationMs(expiration);
      const expiresAt = new Date(now() + lifetimeMs);
      const key = await vpn.createAuthKey({ projectId, ephemeral, expiresAt });
      try {
        // A key whose record cannot be written is given to nobody.
        await change(context, (tx) => found(tx.project, "project", projectId));
      } catch (error) {
        await vpn.revokeAuthKey(key).catch(() => undefined);
        throw error;
      }
      const { key: authKey } = key;
      return { address: vpn.loginUrl, authKey, expiresAt: timestampFromDate(expiresAt) };
    },
  } satisfies ServiceImpl<typeof VPNService>;
}
