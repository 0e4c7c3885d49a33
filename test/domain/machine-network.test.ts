// In which networks machines and firewalls will be, and what is refused.
import { describe, expect, test } from "@jest/globals";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type Attachment,
  classifyNetworks,
  type MachineNetworkType,
  machineNetworkTypes,
} from "../../src/domain/machine-network.ts";
import type {
  IpFacts,
  NetworkFacts,
  NetworkKind,
  NetworkRequest,
  NetworkWorld,
} from "../../src/domain/network-request.ts";

const network = (
  id: string,
  kind: NetworkKind,
  given: Partial<NetworkFacts> = {},
): readonly [string, NetworkFacts] => {
  const of = kind === "external" || kind === "underlay" ? "" : "p";
  return [id, { id, kind, projectId: of, partitionId: "east", families: ["IPv4"], ...given }];
};

const networks = new Map<string, NetworkFacts>([
  network("private", "child", { families: ["IPv4", "IPv6"] }),
  network("private-2", "child"),
  network("private-q", "child", { projectId: "q" }),
  network("private-west", "child", { partitionId: "west" }),
  network("storage", "child-shared"),
  network("storage-2", "child-shared"),
  network("storage-q", "child-shared", { projectId: "q" }),
  network("storage-west", "child-shared", { partitionId: "west" }),
  network("internet", "external", { partitionId: "" }),
  network("dmz", "external"),
  network("dmz-p", "external", { projectId: "p" }),
  network("dmz-q", "external", { projectId: "q" }),
  network("dmz-west", "external", { partitionId: "west" }),
  network("empty", "external", { families: [] }),
  network("super", "super"),
  network("underlay", "underlay"),
]);

const ip = (networkId: string, projectId = "p", ...machineIds: string[]): IpFacts => ({
  networkId,
  projectId,
  machineIds,
});

const world: NetworkWorld = {
  networks,
  ips: new Map([
    ["10.0.0.1", ip("private")],
    ["10.0.0.2", ip("private")],
    ["10.1.0.1", ip("storage")],
    ["10.1.0.9", ip("storage", "q")],
    ["192.0.2.1", ip("internet")],
    ["192.0.2.7", ip("internet", "p", "m7", "m8")],
    ["2001:db8::1", ip("internet")],
  ]),
  underlays: [...networks.values()].filter(({ kind }) => kind === "underlay"),
};

/** "internet!" is requested without acquiring an address; words that begin with a digit are addresses. */
function request(role: NetworkRequest["role"], words: string): NetworkRequest {
  const all = words.split(" ").filter((word) => word !== "");
  return {
    role,
    projectId: "p",
    partitionId: "east",
    networks: all
      .filter((word) => /^\D/.test(word))
      .map((word) => ({
        networkId: word.replace("!", ""),
        autoAcquire: !word.endsWith("!"),
      })),
    ips: all.filter((word) => /^\d/.test(word)),
    shareIps: false,
  };
}

/** "private:privateprimaryunshared 10.0.0.1" and "internet:external +IPv4" */
const line = ({ network: { id }, type, ips, acquire }: Attachment) =>
  [`${id}:${type}`, ...ips, ...acquire.map((family) => `+${family}`)].join(" ");

function failure(run: () => unknown): ConnectError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const unshared = "private:privateprimaryunshared";

describe("a machine can be", () => {
  test.each<[string, string[]]>([
    ["private", [`${unshared} +IPv4 +IPv6`]],
    ["private! 10.0.0.1", [`${unshared} 10.0.0.1`]],
    ["private 10.0.0.2 10.0.0.1", [`${unshared} 10.0.0.2 10.0.0.1`]],
    ["private internet", [`${unshared} +IPv4 +IPv6`, "internet:external +IPv4"]],
    ["internet private", ["internet:external +IPv4", `${unshared} +IPv4 +IPv6`]],
    ["private internet! 192.0.2.1", [`${unshared} +IPv4 +IPv6`, "internet:external 192.0.2.1"]],
    ["private internet 192.0.2.1", [`${unshared} +IPv4 +IPv6`, "internet:external 192.0.2.1"]],
    [
      "private internet 2001:0DB8::0001",
      [`${unshared} +IPv4 +IPv6`, "internet:external 2001:db8::1"],
    ],
    [
      "private dmz dmz-p internet",
      [
        `${unshared} +IPv4 +IPv6`,
        "dmz:external +IPv4",
        "dmz-p:external +IPv4",
        "internet:external +IPv4",
      ],
    ],
    ["storage", ["storage:privateprimaryshared +IPv4"]],
    ["storage 10.1.0.1", ["storage:privateprimaryshared 10.1.0.1"]],
    ["storage internet", ["storage:privateprimaryshared +IPv4", "internet:external +IPv4"]],
  ])("in %s", (words, expected) => {
    expect(classifyNetworks(request("machine", words), world).map(line)).toEqual(expected);
  });
});

describe("a firewall can be", () => {
  const underlay = "underlay:underlay +IPv4";
  test.each<[string, string[]]>([
    ["private internet", [`${unshared} +IPv4 +IPv6`, "internet:external +IPv4"]],
    ["internet private", ["internet:external +IPv4", `${unshared} +IPv4 +IPv6`]],
    [
      "storage-q private internet",
      [
        "storage-q:privatesecondaryshared +IPv4",
        `${unshared} +IPv4 +IPv6`,
        "internet:external +IPv4",
      ],
    ],
    [
      "private storage storage-q internet",
      [
        `${unshared} +IPv4 +IPv6`,
        "storage:privatesecondaryshared +IPv4",
        "storage-q:privatesecondaryshared +IPv4",
        "internet:external +IPv4",
      ],
    ],
    [
      "private storage internet 10.1.0.1",
      [
        `${unshared} +IPv4 +IPv6`,
        "storage:privatesecondaryshared 10.1.0.1",
        "internet:external +IPv4",
      ],
    ],
    ["storage internet", ["storage:privateprimaryshared +IPv4", "internet:external +IPv4"]],
    [
      "storage internet 10.1.0.1",
      ["storage:privateprimaryshared 10.1.0.1", "internet:external +IPv4"],
    ],
  ])("in %s, and in the underlay", (words, expected) => {
    expect(classifyNetworks(request("firewall", words), world).map(line)).toEqual([
      ...expected,
      underlay,
    ]);
  });
});

describe("refused is", () => {
  const second = (id: string) =>
    `a firewall can be in one private network only that is not shared, which is "${id}"`;
  const shared =
    "a firewall can only be in several shared networks if it is in one that is not shared";

  test.each<[NetworkRequest["role"], string, Code, string]>([
    ["machine", "", Code.InvalidArgument, "networks: must not be empty"],
    ["machine", "internet", Code.FailedPrecondition, "networks: one of them must be private"],
    [
      "machine",
      "private!",
      Code.InvalidArgument,
      "networks[0].network_id: needs one of ips, or to acquire one itself",
    ],
    [
      "machine",
      "private internet!",
      Code.InvalidArgument,
      "networks[1].network_id: needs one of ips, or to acquire one itself",
    ],
    [
      "machine",
      "private private",
      Code.InvalidArgument,
      'networks[1].network_id: networks[0] is "private" already',
    ],
    [
      "machine",
      "nowhere",
      Code.FailedPrecondition,
      'networks[0].network_id: there is no network "nowhere"',
    ],
    [
      "machine",
      "private super",
      Code.FailedPrecondition,
      'networks[1].network_id: "super" is a super network, which only has child networks',
    ],
    [
      "firewall",
      "private internet underlay",
      Code.FailedPrecondition,
      'networks[2].network_id: "underlay" is an underlay, which firewalls join by themselves',
    ],
    [
      "machine",
      "private-q",
      Code.FailedPrecondition,
      'networks[0].network_id: network "private-q" belongs to another project',
    ],
    [
      "machine",
      "storage-q",
      Code.FailedPrecondition,
      'networks[0].network_id: network "storage-q" belongs to another project',
    ],
    [
      "machine",
      "private dmz-q",
      Code.FailedPrecondition,
      'networks[1].network_id: network "dmz-q" belongs to another project',
    ],
    [
      "machine",
      "private-west",
      Code.FailedPrecondition,
      'networks[0].network_id: network "private-west" is in partition "west", the machine in "east"',
    ],
    [
      "firewall",
      "private storage-west internet",
      Code.FailedPrecondition,
      'networks[1].network_id: network "storage-west" is in partition "west", the machine in "east"',
    ],
    [
      "machine",
      "private dmz-west",
      Code.FailedPrecondition,
      'networks[1].network_id: network "dmz-west" is in partition "west", the machine in "east"',
    ],
    [
      "machine",
      "private storage",
      Code.FailedPrecondition,
      'networks[1].network_id: a machine can be in one private network only, which is "private"',
    ],
    [
      "machine",
      "storage private",
      Code.FailedPrecondition,
      'networks[0].network_id: a machine can be in one private network only, which is "private"',
    ],
    [
      "machine",
      "private private-2",
      Code.FailedPrecondition,
      'networks[1].network_id: a machine can be in one private network only, which is "private"',
    ],
    [
      "firewall",
      "private private-2 internet",
      Code.FailedPrecondition,
      `networks[1].network_id: ${second("private")}`,
    ],
    [
      "firewall",
      "storage storage-2 internet",
      Code.FailedPrecondition,
      `networks[1].network_id: ${shared}`,
    ],
    [
      "firewall",
      "private! internet!",
      Code.InvalidArgument,
      "networks[0].network_id: needs one of ips, or to acquire one itself; networks[1].network_id: needs one of ips, or to acquire one itself",
    ],
    [
      "firewall",
      "private storage",
      Code.FailedPrecondition,
      "networks: one of a firewall's must be external",
    ],
    [
      "machine",
      "private empty",
      Code.FailedPrecondition,
      'networks[1].network_id: network "empty" has no prefixes',
    ],
    ["machine", "private 10.0.0", Code.InvalidArgument, 'ips[0]: "10.0.0" is no IP address'],
    [
      "machine",
      "private 10.0.0.1 10.0.0.1",
      Code.InvalidArgument,
      'ips[1]: ips[0] is "10.0.0.1" already',
    ],
    ["machine", "private 10.0.0.77", Code.FailedPrecondition, 'ips[0]: there is no IP "10.0.0.77"'],
    [
      "machine",
      "private 192.0.2.1",
      Code.FailedPrecondition,
      'ips[0]: "192.0.2.1" is in network "internet", which is not requested',
    ],
    [
      "firewall",
      "private storage internet 10.1.0.9",
      Code.FailedPrecondition,
      'ips[0]: "10.1.0.9" belongs to another project',
    ],
    [
      "machine",
      "private internet 192.0.2.7",
      Code.FailedPrecondition,
      'ips[0]: "192.0.2.7" is on machine "m7", and sharing is not asked for',
    ],
  ])("%s in %s", (role, words, code, message) => {
    const error = failure(() => classifyNetworks(request(role, words), world));
    expect([error.rawMessage, error.code]).toEqual([message, code]);
  });

  test.each([0, 2])("a firewall in a partition with %d underlays", (count) => {
    const underlays = Array.from({ length: count }, () => world.underlays).flat();
    const error = failure(() =>
      classifyNetworks(request("firewall", "private internet"), { ...world, underlays }),
    );
    expect([error.rawMessage, error.code]).toEqual([
      `networks: a firewall needs one underlay, partition "east" has ${count}`,
      Code.FailedPrecondition,
    ]);
  });

  test("everything at once, and the request's own faults decide what kind of error it is", () => {
    const error = failure(() =>
      classifyNetworks(request("machine", "dmz-q! private-q super 10.0.0.1 x 1.2.3.4"), world),
    );
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.rawMessage.split("; ").map((fault) => fault.split(":")[0])).toEqual([
      "networks[3].network_id",
      "ips[0]",
      "ips[1]",
      "networks[0].network_id",
      "networks[1].network_id",
      "networks[2].network_id",
      "networks[0].network_id",
    ]);
  });

  test("no more than anybody reads", () => {
    const error = failure(() => classifyNetworks(request("machine", "x ".repeat(30)), world));
    expect(error.rawMessage.split("; ").length).toBe(21);
    expect(error.rawMessage).toMatch(/; and 39 more$/);
  });
});

test("an address that machines have can be shared by intention", () => {
  const asked = request("machine", "private internet 192.0.2.7");
  const [, internet] = classifyNetworks({ ...asked, shareIps: true }, world);
  expect(internet?.ips).toEqual(["192.0.2.7"]);
});

test("a machine needs no underlay", () => {
  const attachments = classifyNetworks(request("machine", "private"), { ...world, underlays: [] });
  expect(attachments.length).toBe(1);
});

test.each<[MachineNetworkType, flags: string]>([
  ["privateprimaryunshared", "private primary"],
  ["privateprimaryshared", "private primary shared"],
  ["privatesecondaryshared", "private shared"],
  ["external", ""],
  ["underlay", "underlay"],
])("clients are told of %s that it is: %s", (type, flags) => {
  const told = Object.entries(machineNetworkTypes[type]).filter(([, is]) => is);
  expect(told.map(([flag]) => flag).join(" ")).toBe(flags);
  expect(Object.keys(machineNetworkTypes).length).toBe(5);
});
