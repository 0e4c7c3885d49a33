// What metal-stack's REST operations are called here, so that the source code of a client that still speaks REST can be
// read. The names are those of the v1 API description, as metal-go has them; upper and lower case do not matter.

/** One RPC that stands for an operation, or for what an operation can do. */
export interface Successor {
  /** "package.Service/Method". */
  readonly rpc: string;
  /** What source code says that uses this part of the operation. Without it the RPC stands for the operation in any case. */
  readonly said?: RegExp;
  /** Stands for the operation when the source says none of the others' words. */
  readonly otherwise?: true;
}

/** Operations that one RPC stands for, by service. */
const plain: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "metal.v1.AuditService": {
    findAuditTraces: "List",
  },
  "metal.v1.FilesystemLayoutService": {
    getFilesystemLayout: "Get",
    listFilesystemLayouts: "List",
    tryFilesystemLayout: "Try",
    matchFilesystemLayout: "Match",
    createFilesystemLayout: "Create",
    updateFilesystemLayout: "Update",
    deleteFilesystemLayout: "Delete",
  },
  "metal.v1.FirewallService": {
    findFirewall: "Get",
    listFirewalls: "List",
    findFirewalls: "List",
    allocateFirewall: "Allocate",
  },
  "metal.v1.FirmwareService": {
    listFirmwares: "List",
    uploadFirmware: "Upload",
    removeFirmware: "Delete",
  },
  "metal.v1.ImageService": {
    findImage: "Get",
    listImages: "List",
    findImages: "List",
    queryImagesByID: "List",
    findLatestImage: "GetLatest",
    createImage: "Create",
    updateImage: "Update",
    deleteImage: "Delete",
  },
  "metal.v1.IPService": {
    findIP: "Get",
    listIPs: "List",
    findIPs: "List",
    allocateIP: "Allocate",
    allocateSpecificIP: "Allocate",
    updateIP: "Update",
    freeIP: "Free",
  },
  "metal.v1.MachineService": {
    findMachine: "Get",
    listMachines: "List",
    findMachines: "List",
    listIssues: "ListIssues",
    issues: "ListIssues",
    findIPMIMachines: "ListBMC",
    allocateMachine: "Allocate",
    freeMachine: "Free",
    reinstallMachine: "Reinstall",
    setMachineState: "SetState",
    getMachineConsolePassword: "GetConsolePassword",
    machineOn: "PowerOn",
    machineOff: "PowerOff",
    machineReset: "PowerReset",
    machineCycle: "PowerCycle",
    machineBios: "BootBIOS",
    machineDisk: "BootDisk",
    machinePxe: "BootPXE",
    chassisIdentifyLEDOn: "IdentifyLEDOn",
    chassisIdentifyLEDOff: "IdentifyLEDOff",
    ipmiReport: "ReportBMC",
    deleteMachine: "Delete",
    updateFirmware: "UpdateFirmware",
  },
  "metal.v1.NetworkService": {
    findNetwork: "Get",
    listNetworks: "List",
    findNetworks: "List",
    allocateNetwork: "Allocate",
    freeNetworkDeprecated: "Free",
    freeNetwork: "Free",
    createNetwork: "Create",
    updateNetwork: "Update",
    deleteNetwork: "Delete",
  },
  "metal.v1.PartitionService": {
    findPartition: "Get",
    listPartitions: "List",
    partitionCapacity: "GetCapacity",
    createPartition: "Create",
    updatePartition: "Update",
    deletePartition: "Delete",
  },
  "metal.v1.ProjectService": {
    findProject: "Get",
    listProjects: "List",
    findProjects: "List",
    createProject: "Create",
    updateProject: "Update",
    deleteProject: "Delete",
  },
  "metal.v1.SizeService": {
    findSize: "Get",
    listSizes: "List",
    suggest: "Suggest",
    getSizeReservation: "GetReservation",
    listSizeReservations: "ListReservations",
    findSizeReservations: "ListReservations",
    sizeReservationsUsage: "ListReservationUsage",
    createSizeReservation: "CreateReservation",
    updateSizeReservation: "UpdateReservation",
    deleteSizeReservation: "DeleteReservation",
    createSize: "Create",
    updateSize: "Update",
    deleteSize: "Delete",
  },
  "metal.v1.SizeImageConstraintService": {
    findSizeImageConstraint: "Get",
    listSizeImageConstraints: "List",
    trySizeImageConstraint: "Try",
    createSizeImageConstraint: "Create",
    updateSizeImageConstraint: "Update",
    deleteSizeImageConstraint: "Delete",
  },
  "metal.v1.SwitchService": {
    findSwitch: "Get",
    listSwitches: "List",
    findSwitches: "List",
    registerSwitch: "Register",
    notifySwitch: "Notify",
    updateSwitch: "Update",
    deleteSwitch: "Delete",
    toggleSwitchPort: "TogglePort",
    migrateSwitch: "Migrate",
  },
  "metal.v1.TenantService": {
    getTenant: "Get",
    listTenants: "List",
    findTenants: "List",
    createTenant: "Create",
    updateTenant: "Update",
    deleteTenant: "Delete",
  },
  "metal.v1.UserService": {
    getMe: "GetMe",
  },
  "metal.v1.VPNService": {
    getVPNAuthKey: "GetAuthKey",
  },
  "metal.v1.HealthService": {
    health: "Get",
  },
  "metal.v1.VersionService": {
    info: "Get",
  },
};

const machine = "metal.v1.MachineService";

/** Operations that do several things, each an RPC of its own here. */
const divided: Readonly<Record<string, readonly Successor[]>> = {
  updateMachine: [
    { rpc: `${machine}/SetTags`, said: /\b(Tags|Description)\b/ },
    { rpc: `${machine}/SetSSHKeys`, said: /\bSSHPubKeys\b/i },
    { rpc: `${machine}/Update`, otherwise: true },
  ],
  findIPMIMachine: [
    { rpc: `${machine}/GetBMC` },
    { rpc: `${machine}/GetBMCCredentials`, said: /\.Password\b/ },
  ],
};

/** The successors of every operation, by its name in lower case. */
export const v1Operations: ReadonlyMap<string, readonly Successor[]> = new Map([
  ...Object.entries(plain).flatMap(([service, operations]) =>
    Object.entries(operations).map(([operation, method]): [string, readonly Successor[]] => [
      operation.toLowerCase(),
      [{ rpc: `${service}/${method}` }],
    ]),
  ),
  ...Object.entries(divided).map(([operation, successors]): [string, readonly Successor[]] => [
    operation.toLowerCase(),
    successors,
  ]),
]);

/** The RPCs for an operation in `source`, by any spelling of its name; none for what is no operation. */
export function successorsOf(operation: string, source: string): string[] {
  const successors = v1Operations.get(operation.toLowerCase()) ?? [];
  const meant = successors.filter(
    ({ said, otherwise }) => !otherwise && (!said || said.test(source)),
  );
  const found = meant.length > 0 ? meant : successors.filter(({ otherwise }) => otherwise);
  return found.map(({ rpc }) => rpc);
}
