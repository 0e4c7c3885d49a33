// The services that become commands: the one list there is. A test compares it with what is generated.
import type { DescService } from "@bufbuild/protobuf";
import { AccessService } from "../../gen/metal/v1/access_pb.ts";
import { AuditService } from "../../gen/metal/v1/audit_pb.ts";
import { BMCCommandService } from "../../gen/metal/v1/bmc_command_pb.ts";
import { DoctorService } from "../../gen/metal/v1/doctor_pb.ts";
import { FilesystemLayoutService } from "../../gen/metal/v1/filesystem_layout_pb.ts";
import { FirewallService } from "../../gen/metal/v1/firewall_pb.ts";
import { FirmwareService } from "../../gen/metal/v1/firmware_pb.ts";
import { HealthService } from "../../gen/metal/v1/health_pb.ts";
import { ImageService } from "../../gen/metal/v1/image_pb.ts";
import { IPService } from "../../gen/metal/v1/ip_pb.ts";
import { MachineService } from "../../gen/metal/v1/machine_pb.ts";
import { NetworkService } from "../../gen/metal/v1/network_pb.ts";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectService } from "../../gen/metal/v1/project_pb.ts";
import { SizeImageConstraintService } from "../../gen/metal/v1/size_image_constraint_pb.ts";
import { SizeService } from "../../gen/metal/v1/size_pb.ts";
import { SwitchService } from "../../gen/metal/v1/switch_pb.ts";
import { TenantService } from "../../gen/metal/v1/tenant_pb.ts";
import { UserService } from "../../gen/metal/v1/user_pb.ts";
import { VersionService } from "../../gen/metal/v1/version_pb.ts";
import { VPNService } from "../../gen/metal/v1/vpn_pb.ts";

/** Every service of package metal.v1, ordered by name. */
export const services: readonly DescService[] = [
  AccessService,
  AuditService,
  BMCCommandService,
  DoctorService,
  FilesystemLayoutService,
  FirewallService,
  FirmwareService,
  HealthService,
  ImageService,
  IPService,
  MachineService,
  NetworkService,
  PartitionService,
  ProjectService,
  SizeImageConstraintService,
  SizeService,
  SwitchService,
  TenantService,
  UserService,
  VersionService,
  VPNService,
];
