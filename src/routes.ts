// One line per service. The guard takes them from here, so a service that is not listed is not served, and one that
// is listed is served under its rules.
import type { ConnectRouter } from "@connectrpc/connect";
import { BootService } from "../gen/api/v1/boot_pb.ts";
import { EventService } from "../gen/api/v1/event_pb.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { AccessService } from "../gen/metal/v1/access_pb.ts";
import { AuditService } from "../gen/metal/v1/audit_pb.ts";
import { BMCCommandService } from "../gen/metal/v1/bmc_command_pb.ts";
import { DoctorService } from "../gen/metal/v1/doctor_pb.ts";
import { FilesystemLayoutService } from "../gen/metal/v1/filesystem_layout_pb.ts";
import { FirewallService } from "../gen/metal/v1/firewall_pb.ts";
import { FirmwareService } from "../gen/metal/v1/firmware_pb.ts";
import { HealthService } from "../gen/metal/v1/health_pb.ts";
import { ImageService } from "../gen/metal/v1/image_pb.ts";
import { IPService } from "../gen/metal/v1/ip_pb.ts";
import { MachineService } from "../gen/metal/v1/machine_pb.ts";
import { NetworkService } from "../gen/metal/v1/network_pb.ts";
import { PartitionService } from "../gen/metal/v1/partition_pb.ts";
import { ProjectService } from "../gen/metal/v1/project_pb.ts";
import { SizeImageConstraintService } from "../gen/metal/v1/size_image_constraint_pb.ts";
import { SizeService } from "../gen/metal/v1/size_pb.ts";
import { SwitchService } from "../gen/metal/v1/switch_pb.ts";
import { TenantService } from "../gen/metal/v1/tenant_pb.ts";
import { UserService } from "../gen/metal/v1/user_pb.ts";
import { VersionService } from "../gen/metal/v1/version_pb.ts";
import { VPNService } from "../gen/metal/v1/vpn_pb.ts";
import { rules } from "../gen/rbac/rules.ts";
import { decide } from "./rbac/decide.ts";
import type { RuleTable } from "./rbac/rule.ts";
import { accessService } from "./services/access.ts";
import type { Holders } from "./services/access/holder.ts";
import type { UsageSource } from "./services/access/usage.ts";
import { auditService } from "./services/audit.ts";
import { bmcCommandService } from "./services/bmc-command.ts";
import type { OpenStream } from "./services/bmc-command/stream.ts";
import { type BootDeps, bootService } from "./services/boot.ts";
import { type Books, doctorService } from "./services/doctor.ts";
import { eventService } from "./services/event.ts";
import { filesystemLayoutService } from "./services/filesystem-layout.ts";
import { firewallService } from "./services/firewall.ts";
import type { VpnAllocationDeps } from "./services/firewall/vpn.ts";
import { type FirmwareDeps, firmwareService } from "./services/firmware.ts";
import { grpcHealthService } from "./services/grpc-health.ts";
import { type HealthChecks, healthService } from "./services/health.ts";
import type { HealthState } from "./services/health-state.ts";
import { imageService } from "./services/image.ts";
import { ipService } from "./services/ip.ts";
import { machineService } from "./services/machine.ts";
import type { MachineDeps } from "./services/machine/deps.ts";
import { networkService } from "./services/network.ts";
import { partitionService } from "./services/partition.ts";
import { projectService } from "./services/project.ts";
import { type MayCall, reflectionService } from "./services/reflection.ts";
import { sizeImageConstraintService } from "./services/size-image-constraint.ts";
import { sizeService } from "./services/size.ts";
import { switchService } from "./services/switch.ts";
import { tenantService } from "./services/tenant.ts";
import { userService } from "./services/user.ts";
import type { ConfiguredUser } from "./services/user/draft.ts";
import type { Sealer } from "./secrets/sealer.ts";
import { type Version, versionService } from "./services/version.ts";
import { type VpnDeps, vpnService } from "./services/vpn.ts";

/** What the services need. */
export interface Parts extends BootDeps, FirmwareDeps, MachineDeps, VpnAllocationDeps, VpnDeps {
  readonly providerTenant: string;
  readonly holders: Holders;
  /** Writes what has been counted of the use of RPCs. */
  readonly flushUsage: UsageSource["flush"];
  /** Whom the settings name. */
  readonly configured: readonly ConfiguredUser[];
  /** Seals the keys of identities; without one, none are made. */
  readonly sealer: Sealer | undefined;
  /** Makes identities that were committed count on this server. */
  readonly refreshUsers: () => Promise<void>;
  readonly openCommands: OpenStream;
  /** Reads what is committed at one moment. */
  readonly settle: Books["settle"];
  readonly health: HealthChecks;
  /** What is said in gRPC's health protocol. */
  readonly serving: HealthState;
  readonly version: Version;
}

/** All services of this server. */
export const routes = (parts: Parts) => (router: ConnectRouter) => {
  const { read, providerTenant, holders, flushUsage, health, serving, version } = parts;
  const usage = { read: read.usage, flush: flushUsage };
  router.service(AccessService, accessService({ rules, holders, audit: read.audit, usage }));
  router.service(AuditService, auditService(read));
  router.service(BMCCommandService, bmcCommandService(parts, parts.openCommands));
  router.service(BootService, bootService(parts));
  router.service(DoctorService, doctorService(parts));
  router.service(EventService, eventService(parts));
  router.service(FilesystemLayoutService, filesystemLayoutService(parts));
  router.service(FirewallService, firewallService(parts));
  router.service(FirmwareService, firmwareService(parts));
  router.service(Health, grpcHealthService(serving));
  router.service(HealthService, healthService(health));
  router.service(ImageService, imageService(parts));
  router.service(IPService, ipService(parts));
  router.service(MachineService, machineService(parts));
  router.service(NetworkService, networkService(parts));
  router.service(PartitionService, partitionService(parts));
  router.service(ProjectService, projectService(parts, providerTenant));
  router.service(SizeImageConstraintService, sizeImageConstraintService(parts));
  router.service(SizeService, sizeService(parts));
  router.service(SwitchService, switchService(parts));
  router.service(TenantService, tenantService(parts, providerTenant));
  router.service(UserService, userService({ ...parts, rules, usage, refresh: parts.refreshUsers }));
  router.service(VersionService, versionService(version));
  router.service(VPNService, vpnService(parts));
  // The last: it shows what stands above, and itself.
  const shown = new Set(router.handlers.map(({ service }) => service)).add(ServerReflection);
  router.service(ServerReflection, reflectionService([...shown], mayCall));
};

const table: RuleTable = rules;
const mayCall: MayCall = (principal, procedure) =>
  decide(table[procedure], principal, procedure).allowed;
