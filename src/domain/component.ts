// The components that work with this API beside people: what each calls, and the role its documentation assigns. What
// a component calls is what its source code can reach, in the RPCs of this API.
import { Role } from "../../gen/metal/rbac/v1/rbac_pb.ts";

/** A component. */
export interface Component {
  readonly name: string;
  /** What it is there for. */
  readonly purpose: string;
  /** The role that metal-stack's documentation for CISOs assigns to it. */
  readonly documentedRole: Role;
  /** Its identity is marked as this component, for RPCs that are limited to components; undefined if it needs none. */
  readonly mark?: string;
  /** Every RPC it calls, as "package.Service/Method", with what for. */
  readonly calls: Readonly<Record<string, string>>;
}

const boot = "api.v1.BootService";
const firewall = "metal.v1.FirewallService";
const image = "metal.v1.ImageService";
const ip = "metal.v1.IPService";
const machine = "metal.v1.MachineService";
const network = "metal.v1.NetworkService";
const partition = "metal.v1.PartitionService";
const switches = "metal.v1.SwitchService";

/** The twelve documented components, ordered by name. */
export const components: readonly Component[] = [
  {
    name: "cluster-api-provider-metal-stack",
    purpose: "makes Kubernetes clusters for Cluster API",
    documentedRole: Role.EDITOR,
    calls: {
      [`${firewall}/Allocate`]: "the firewall of a cluster",
      [`${firewall}/List`]: "the firewalls of a cluster",
      [`${ip}/Allocate`]: "the address of the control plane",
      [`${ip}/Free`]: "that address, when the cluster goes",
      [`${ip}/Get`]: "that address, before it is freed",
      [`${machine}/Allocate`]: "a node",
      [`${machine}/Free`]: "a node or a firewall, when it goes",
      [`${machine}/Get`]: "the state of a node",
      [`${network}/Allocate`]: "the network of the nodes",
      [`${network}/Free`]: "that network, when the cluster goes",
      [`${network}/List`]: "the external network to take an address from",
    },
  },
  {
    name: "firewall-controller-manager",
    purpose: "keeps the firewalls of clusters as they are declared",
    documentedRole: Role.EDITOR,
    calls: {
      [`${firewall}/Allocate`]: "a new firewall",
      [`${firewall}/Get`]: "the state of a firewall",
      [`${firewall}/List`]: "the firewalls of a cluster",
      [`${image}/GetLatest`]: "the image to update a firewall to",
      [`${machine}/Free`]: "a firewall that is not wanted any more",
      [`${machine}/SetSSHKeys`]: "new keys of a cluster, on its firewalls",
      [`${machine}/SetTags`]: "which cluster and set a firewall belongs to",
      [`${network}/Get`]: "names and prefixes of a firewall's networks",
    },
  },
  {
    name: "gardener-extension-provider-metal",
    purpose: "prepares what clusters of Gardener need",
    documentedRole: Role.EDITOR,
    calls: {
      [`${ip}/Free`]: "addresses of a cluster that goes",
      [`${ip}/List`]: "the addresses of a cluster",
      [`${ip}/Update`]: "which cluster an address belongs to",
      [`${network}/Allocate`]: "the network of the nodes",
      [`${network}/Free`]: "that network, when the cluster goes",
      [`${network}/List`]: "all networks, and that of the nodes",
    },
  },
  {
    name: "machine-controller-manager-provider-metal",
    purpose: "makes and removes worker nodes",
    documentedRole: Role.EDITOR,
    calls: {
      [`${machine}/Allocate`]: "a worker",
      [`${machine}/Free`]: "a worker, when it goes",
      [`${machine}/Get`]: "the state of a worker",
      [`${machine}/List`]: "the workers of a cluster, and those nobody knows any more",
    },
  },
  {
    name: "metal-bmc",
    purpose: "speaks to the BMCs of a partition",
    documentedRole: Role.EDITOR,
    mark: "metal-bmc",
    calls: {
      [`${machine}/GetBMC`]: "the address of a BMC, for a console",
      [`${machine}/GetBMCCredentials`]: "its account and password, for a console",
      [`${machine}/ReportBMC`]: "all BMCs of the partition, every few minutes",
      "metal.v1.BMCCommandService/ReportCommand": "what became of a command",
      "metal.v1.BMCCommandService/WatchCommands": "commands for BMCs of the partition",
    },
  },
  {
    name: "metal-ccm",
    purpose: "tells Kubernetes of machines, and gives services their addresses",
    documentedRole: Role.ADMIN,
    calls: {
      [`${ip}/Allocate`]: "the address of a service",
      [`${ip}/Free`]: "that address, when the last service has gone",
      [`${ip}/List`]: "the addresses of a cluster",
      [`${ip}/Update`]: "which services an address serves",
      [`${machine}/Get`]: "the machine of a node, by id",
      [`${machine}/List`]: "the machine of a node, by name",
      [`${machine}/SetSSHKeys`]: "new keys of a cluster, on its machines",
      [`${machine}/SetTags`]: "which cluster a machine belongs to",
      "metal.v1.HealthService/Get": "whether the API works, every minute",
    },
  },
  {
    name: "metal-console",
    purpose: "leads SSH connections to the consoles of machines",
    documentedRole: Role.ADMIN,
    calls: {
      [`${machine}/Get`]: "whose the machine is and which keys are let in, again and again",
      "metal.v1.UserService/GetMe": "who an administrator is, by that person's own token",
    },
  },
  {
    name: "metal-core",
    purpose: "configures a switch",
    documentedRole: Role.EDITOR,
    mark: "metal-core",
    calls: {
      [`${switches}/Get`]: "how the switch should be, every ten seconds",
      [`${switches}/Notify`]: "how the switch is, every ten seconds",
      [`${switches}/Register`]: "the switch, when it starts",
      "api.v1.EventService/Send": "which machines phoned home, every minute",
    },
  },
  {
    name: "metal-hammer",
    purpose: "runs on a machine until it is installed",
    documentedRole: Role.VIEWER,
    mark: "metal-hammer",
    calls: {
      [`${boot}/AbortReinstall`]: "that a new installation cannot go on",
      [`${boot}/Register`]: "the hardware, once for each boot",
      [`${boot}/Report`]: "what became of the installation",
      [`${boot}/SuperUserPassword`]: "the password to set in the BMC",
      [`${boot}/Wait`]: "the moment of allocation, for hours",
      [`${machine}/Get`]: "the allocation",
      "api.v1.EventService/Send": "how far it has come, and that it is alive",
    },
  },
  {
    name: "metal-image-cache-sync",
    purpose: "mirrors images into a partition",
    documentedRole: Role.VIEWER,
    calls: {
      [`${image}/List`]: "the images to mirror",
      [`${partition}/List`]: "the kernels and boot images to mirror",
    },
  },
  {
    name: "metal-metrics-exporter",
    purpose: "turns the inventory into metrics",
    documentedRole: Role.VIEWER,
    calls: {
      [`${image}/List`]: "images and who uses them",
      [`${machine}/ListBMC`]: "power and firmware of all machines",
      [`${machine}/ListIssues`]: "what is wrong with machines",
      [`${network}/List`]: "how full networks are",
      [`${partition}/GetCapacity`]: "how many machines are free",
      "metal.v1.ProjectService/List": "the names of projects",
      [`${switches}/List`]: "the state of switches",
    },
  },
  {
    name: "pixiecore",
    purpose: "answers machines that boot from the network",
    documentedRole: Role.VIEWER,
    mark: "pixiecore",
    calls: {
      [`${boot}/Boot`]: "the kernel for a machine",
      [`${boot}/Dhcp`]: "that a machine asked for an address",
    },
  },
];
