// Tables: their columns, their alignment, their order, and that sparse data prints.
import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "@jest/globals";
import { AccessDecisionSchema } from "../../gen/metal/v1/access_pb.ts";
import { AuditRecordSchema } from "../../gen/metal/v1/audit_pb.ts";
import { ImageClassification, ImageFeature, ImageSchema } from "../../gen/metal/v1/image_pb.ts";
import { IPSchema } from "../../gen/metal/v1/ip_pb.ts";
import { MachineLiveliness, MachineSchema } from "../../gen/metal/v1/machine_pb.ts";
import { NetworkSchema } from "../../gen/metal/v1/network_pb.ts";
import { PartitionCapacitySchema, PartitionSchema } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectSchema } from "../../gen/metal/v1/project_pb.ts";
import {
  SizeConstraintType,
  SizeReservationSchema,
  SizeReservationUsageSchema,
  SizeSchema,
} from "../../gen/metal/v1/size_pb.ts";
import {
  SwitchMode,
  SwitchPortState,
  SwitchSchema,
  SwitchService,
} from "../../gen/metal/v1/switch_pb.ts";
import { TenantSchema } from "../../gen/metal/v1/tenant_pb.ts";
import { UserSchema } from "../../gen/metal/v1/user_pb.ts";
import { Command } from "commander";
import { FirewallService } from "../../gen/metal/v1/firewall_pb.ts";
import { bytes } from "../../src/cli/cell.ts";
import type { Table } from "../../src/cli/column.ts";
import { tables } from "../../src/cli/columns.ts";
import { addKind } from "../../src/cli/kind-command.ts";
import { UsageError } from "../../src/cli/errors.ts";
import { printList, printOne } from "../../src/cli/output.ts";
import { services } from "../../src/cli/services.ts";
import { answerShape } from "../../src/cli/shape.ts";
import { type Format, formats } from "../../src/cli/style.ts";
import { tableLines } from "../../src/cli/table.ts";
import { furtherVerbs, viewOf } from "../../src/cli/views.ts";
import { services as allServices } from "../world/descriptors.ts";

const now = new Date("2026-01-15T10:00:00Z");
const style = (format: Format, sortBy = "") => ({ format, headers: true, sortBy, now });
const lines = (desc: DescMessage, rows: Message[], format: Format, sortBy = "") =>
  printList(desc, rows, style(format, sortBy)).trimEnd().split("\n");

const size = create(SizeSchema, {
  id: "c2-large",
  name: "large",
  description: "a description that is longer than thirty letters",
  constraints: [
    { type: SizeConstraintType.CORES, min: 4n, max: 4n },
    { type: SizeConstraintType.MEMORY, min: 500_000_000n, max: 4_000_000_000n },
    { type: SizeConstraintType.STORAGE, min: 1n, max: 960_000_000_000n },
    { type: SizeConstraintType.STORAGE, max: 9n, identifier: "/dev/nvme*" },
    { type: SizeConstraintType.GPU, min: 1n, max: 2n, identifier: "AD102GL*" },
  ],
  labels: { b: "2", a: "1" },
});

describe("further tables", () => {
  const wide = (table: Table | undefined, format: Format) => ({ ...style(format), table });
  const one = create(SwitchSchema, {
    id: "leaf-1",
    partitionId: "north",
    rackId: "r1",
    nics: [
      { name: "Ethernet0", vrf: "vrf7", bgpFilter: { cidrs: ["10.0.0.0/22", "192.0.2.1/32"] } },
      { name: "Ethernet4" },
    ],
    connections: [
      {
        machineId: "m1",
        nic: {
          name: "Ethernet0",
          identifier: "Eth1/1",
          vrf: "vrf7",
          actual: SwitchPortState.DOWN,
          bgpPortState: { bgpState: "Established", vrfName: "vrf7" },
        },
      },
    ],
  });

  test("of a switch show the machines that it is connected with", () => {
    const table = viewOf(SwitchService.method.list, "connected-machines");
    expect(printList(SwitchSchema, [one], wide(table, "wide")).trimEnd().split("\n")).toEqual([
      "SWITCH  NIC NAME          IDENTIFIER  MACHINE  PARTITION  RACK  VRF   BGP",
      "leaf-1  Ethernet0 (DOWN)  Eth1/1      m1       north      r1    vrf7  Established vrf7",
    ]);
  });

  test("of a switch show what each port accepts", () => {
    const table = viewOf(SwitchService.method.list, "detail");
    expect(printList(SwitchSchema, [one], wide(table, "table")).trimEnd().split("\n")).toEqual([
      "PARTITION  RACK  SWITCH  PORT       MACHINE  VNI-FILTER  CIDR-FILTER",
      "north      r1    leaf-1  Ethernet0  m1                   10.0.0.0/22",
      "                                                         192.0.2.1/32",
      "north      r1    leaf-1  Ethernet4",
    ]);
  });

  test("of firewalls show their networks and addresses", () => {
    const networks = [
      { networkId: "internet", ips: ["192.0.2.1", "2001:db8::1"] },
      { networkId: "underlay", ips: ["10.0.0.1"] },
    ];
    const created = timestampFromDate(new Date("2026-01-14T10:00:00Z"));
    const allocation = { hostname: "fw", projectId: "shop", networks, created };
    const firewall = create(MachineSchema, { id: "f1", partitionId: "north", allocation });
    const table = viewOf(FirewallService.method.list);
    expect(
      printList(MachineSchema, [firewall], wide(table, "table")).trimEnd().split("\n"),
    ).toEqual([
      "ID  AGE  HOSTNAME  PROJECT  NETWORKS  IPS          PARTITION",
      "f1  1d   fw        shop     internet  192.0.2.1    north",
      "                            underlay  2001:db8::1",
      "                                      10.0.0.1",
    ]);
  });

  test("are verbs beside list, with its flags, and other kinds have none", () => {
    const io = { stdout() {}, stderr() {} } as never;
    const kind = addKind(new Command(), SwitchService, io);
    const optionsOf = (name: string) =>
      kind.commands.find((command) => command.name() === name)?.options.map(({ long }) => long);
    expect(optionsOf("list")).toContain("--partition-id");
    for (const verb of ["connected-machines", "detail"])
      expect(optionsOf(verb)).toEqual(optionsOf("list"));
    expect(services.flatMap(({ methods }) => methods.flatMap(furtherVerbs)).sort()).toEqual([
      "connected-machines",
      "detail",
    ]);
  });
});

describe("tables of the kinds", () => {
  test("a size shows its ranges, a line for each disk", () => {
    expect(lines(SizeSchema, [size], "table")).toEqual([
      "ID        NAME   DESCRIPTION                     CPU RANGE  MEMORY RANGE     STORAGE RANGE          GPU RANGE",
      "c2-large  large  a description ...hirty letters  4 - 4      500 MB - 4.0 GB  1 B - 960 GB           AD102GL*: 1 - 2",
      "                                                                             /dev/nvme*: 0 B - 9 B",
    ]);
  });

  test("wide shows texts in full, and labels", () => {
    const [titles, first, second] = lines(SizeSchema, [size], "wide");
    expect(titles).toMatch(/GPU RANGE {8}LABELS$/);
    expect(first).toContain("a description that is longer than thirty letters");
    expect([first?.slice(-3), second?.slice(-3)]).toEqual(["a=1", "b=2"]);
  });

  test("an image shows its time left and its users", () => {
    const image = create(ImageSchema, {
      id: "debian-12.3",
      name: "Debian",
      features: [ImageFeature.MACHINE, ImageFeature.FIREWALL],
      classification: ImageClassification.SUPPORTED,
      expirationDate: timestampFromDate(new Date("2026-01-18T13:00:00Z")),
      usedBy: ["m1", "m2"],
    });
    const old = create(ImageSchema, { id: "old-1.0", expirationDate: timestampFromDate(now) });
    expect(lines(ImageSchema, [image, old], "table")).toEqual([
      "ID           NAME    DESCRIPTION  FEATURES          EXPIRATION  STATUS     USED BY",
      "debian-12.3  Debian               machine,firewall  3d 3h       supported  2",
      "old-1.0                                             expired",
    ]);
  });

  test.each<[string, DescMessage, string, string]>([
    [
      "tenant",
      TenantSchema,
      "ID  NAME  DESCRIPTION",
      "ID  NAME  DESCRIPTION  LABELS  ANNOTATIONS  QUOTAS CLUSTERS/MACHINES/IPS",
    ],
    [
      "project",
      ProjectSchema,
      "UID  TENANT  NAME  DESCRIPTION  LABELS  ANNOTATIONS",
      "UID  TENANT  NAME  DESCRIPTION  QUOTAS CLUSTERS/MACHINES/IPS  LABELS  ANNOTATIONS",
    ],
    ["partition", PartitionSchema, "ID  NAME  DESCRIPTION", "ID  NAME  DESCRIPTION  LABELS"],
    [
      "capacity",
      PartitionCapacitySchema,
      "PARTITION  SIZE  ALLOCATED  FREE  UNAVAILABLE  RESERVATIONS  |  TOTAL  |  FAULTY",
      "PARTITION  SIZE  ALLOCATED  FREE  UNAVAILABLE  RESERVATIONS  |  TOTAL  |  FAULTY  PHONED HOME  WAITING  OTHER",
    ],
    [
      "reservation",
      SizeReservationSchema,
      "ID  SIZE  PROJECT  PARTITIONS  DESCRIPTION  AMOUNT",
      "ID  SIZE  PROJECT  PARTITIONS  DESCRIPTION  AMOUNT  LABELS",
    ],
    [
      "usage",
      SizeReservationUsageSchema,
      "ID  SIZE  PROJECT  PARTITION  USED/AMOUNT",
      "ID  SIZE  PROJECT  PARTITION  USED/AMOUNT  ALLOCATED  LABELS",
    ],
    [
      "ip",
      IPSchema,
      "IP  DESCRIPTION  NAME  NETWORK  PROJECT  TYPE  TAGS",
      "IP  ALLOCATION UUID  DESCRIPTION  NAME  NETWORK  PROJECT  TYPE  TAGS",
    ],
    [
      "audit",
      AuditRecordSchema,
      "TIME  TRACE ID  PROCEDURE  DECISION  CODE  USER",
      "TIME  TRACE ID  PROCEDURE  DECISION  CODE  USER  ROLE  PEER  DURATION  ERROR",
    ],
  ])("the columns of %s", (_, desc, table, wide) => {
    expect(lines(desc, [], "table")).toEqual([table]);
    expect(lines(desc, [], "wide")).toEqual([wide]);
  });

  test("quotas without a limit are endless", () => {
    const quotas = { machine: { quota: 10 }, ip: { quota: 0 } };
    const project = create(ProjectSchema, { meta: { id: "p" }, quotas });
    expect(lines(ProjectSchema, [project], "wide")[1]).toBe(
      "p                               ∞ / 10 / 0",
    );
  });

  test("networks are a tree, in which no row is lost", () => {
    const network = (id: string, parentNetworkId = "") =>
      create(NetworkSchema, { id, parentNetworkId, prefixes: [`${id}/24`] });
    const rows = [
      network("c2", "s1"),
      network("s1"),
      network("c1", "s1"),
      network("g1", "c2"),
      network("orphan", "gone"),
      network("x", "y"),
      network("y", "x"),
      network("self", "self"),
    ];
    const ids = lines(NetworkSchema, rows, "table").map((line) => /^[│├└─╴ ]*\S+/.exec(line)?.[0]);
    expect(ids).toEqual(["ID", "s1", "├─╴c2", "│  └─╴g1", "└─╴c1", "orphan", "x", "└─╴y", "self"]);
    const wide = lines(NetworkSchema, rows, "wide", "id").map(
      (line) => /^[│├└─╴ ]*\S+/.exec(line)?.[0],
    );
    expect(wide.slice(0, 4)).toEqual(["ID", "orphan", "s1", "├─╴c1"]);
  });

  test("the usage of a network is shown for each family", () => {
    const consumption = {
      ipv4: { availableIps: 256n, usedIps: 64n },
      ipv6: { availableIps: 18446744073709551615n },
    };
    const network = create(NetworkSchema, {
      id: "n",
      prefixes: ["p4", "p6"],
      nat: true,
      consumption,
    });
    const rows = lines(NetworkSchema, [network], "table");
    expect(rows).toEqual([
      "ID  NAME  PROJECT  PARTITION  NAT  SHARED  PREFIXES  PREFIX USAGE  IP USAGE",
      "n                             yes  no      p4                      ipv4 25%",
      "                                           p6                      ipv6 0%",
    ]);
  });

  test.each([
    ["a quarter", { availableIps: 1024n, availablePrefixes: 192n, usedPrefixes: 1n }, "ipv4 25%"],
    ["nothing", { availableIps: 1024n, availablePrefixes: 256n, usedPrefixes: 0n }, "ipv4 0%"],
    ["everything", { availableIps: 1024n, availablePrefixes: 0n, usedPrefixes: 4n }, "ipv4 100%"],
    [
      "three of too many to count",
      { availableIps: 2n ** 64n - 1n, availablePrefixes: 2n ** 64n - 1n, usedPrefixes: 3n },
      "ipv4 3 in use",
    ],
  ])("of a super network shows what children have: %s", (_, ipv4, shown) => {
    const network = create(NetworkSchema, { id: "n", consumption: { ipv4 } });
    const [head = "", row = ""] = lines(NetworkSchema, [network], "table");
    expect(row.slice(head.indexOf("PREFIX USAGE"))).toBe(shown);
  });

  test("a machine shows what happened last and who has it", () => {
    const machine = create(MachineSchema, {
      id: "m1",
      partitionId: "p",
      rackId: "r1",
      sizeId: "c1",
      liveliness: MachineLiveliness.DEAD,
      events: {
        log: [{ event: "Phoned Home" }, { event: "Booting New Kernel" }],
        lastEventTime: timestampFromDate(new Date("2026-01-15T09:58:30Z")),
        crashLoop: true,
      },
      allocation: {
        hostname: "web-1",
        projectId: "shop",
        imageId: "debian-12.3",
        created: timestampFromDate(new Date("2026-01-01T10:00:00Z")),
        networks: [{ ips: ["10.0.0.1"] }, {}, { ips: ["203.0.113.7"] }],
      },
    });
    expect(lines(MachineSchema, [machine, create(MachineSchema, { id: "m2" })], "table")).toEqual([
      "ID  STATE            LAST EVENT   WHEN    AGE  HOSTNAME  PROJECT  SIZE  IMAGE        PARTITION  RACK",
      "m1  dead,crash-loop  Phoned Home  1m 30s  14d  web-1     shop     c1    debian-12.3  p          r1",
      "m2",
    ]);
    const wide = lines(MachineSchema, [machine], "wide");
    expect(wide.slice(1).map((line) => /(10\.0\.0\.1|203\.0\.113\.7)/.exec(line)?.[0])).toEqual([
      "10.0.0.1",
      "203.0.113.7",
    ]);
  });

  test.each([
    ["2026-01-15T09:59:30Z", 1, SwitchMode.OPERATIONAL, "ok"],
    ["2026-01-15T09:59:00Z", 1, SwitchMode.OPERATIONAL, "late"],
    ["2026-01-15T09:59:30Z", 20, SwitchMode.OPERATIONAL, "late"],
    ["2026-01-15T09:50:00Z", 1, SwitchMode.OPERATIONAL, "failing"],
    ["2026-01-15T09:59:30Z", 30, SwitchMode.OPERATIONAL, "failing"],
    ["2026-01-15T09:59:30Z", 1, SwitchMode.REPLACE, "failing"],
  ])("a switch that synced at %s for %d s in mode %d is %s", (time, seconds, mode, status) => {
    const lastSync = {
      time: timestampFromDate(new Date(time)),
      duration: { seconds: BigInt(seconds) },
    };
    const row = lines(
      SwitchSchema,
      [create(SwitchSchema, { id: "leaf01", mode, lastSync })],
      "table",
    )[1];
    expect(row?.split(/ +/)[1]).toBe(status);
  });

  test("the usage of a reservation is a fraction", () => {
    const usage = create(SizeReservationUsageSchema, { id: "r", amount: 3, usedAmount: 1 });
    expect(lines(SizeReservationUsageSchema, [usage], "table")[1]).toMatch(/1\/3$/);
  });

  test("a kind without a table of its own shows its single values, lists only in wide", () => {
    const user = create(UserSchema, { name: "mia", groups: ["a", "b"] });
    expect(lines(UserSchema, [user], "table")[0]).toBe("NAME  EMAIL  TENANT  ISSUER  SUBJECT");
    expect(lines(UserSchema, [user], "wide")[0]).toBe(
      "NAME  EMAIL  GROUPS  TENANT  ISSUER  SUBJECT",
    );
  });
});

describe("sparse data prints", () => {
  const answers = services
    .flatMap(({ methods }) => methods)
    .map((method) => answerShape(method).rows?.message ?? answerShape(method).result?.message)
    .filter((desc) => desc !== undefined);

  test.each([...new Set(answers)].map((desc) => [desc.typeName, desc] as const))(
    "%s",
    (_, desc) => {
      for (const format of formats) {
        expect(printOne(desc, create(desc), style(format))).toMatch(/\n$/);
        expect(printList(desc, [create(desc)], style(format)).length).toBeGreaterThan(0);
      }
    },
  );
});

describe("every column points at a field that exists", () => {
  const known = new Map(
    allServices.flatMap(({ file }) => file.messages.map((desc) => [desc.typeName, desc] as const)),
  );
  const columns = Object.entries(tables).flatMap(([name, table]) =>
    table.columns.map(({ title, at }) => [name, title, at] as const),
  );

  test.each(columns)("%s %s: %s", (name, _, at) => {
    let desc = known.get(name);
    expect(desc).toBeDefined();
    for (const part of at.split(".").filter((text) => text !== "")) {
      const field = desc?.fields.find(({ jsonName }) => jsonName === part);
      expect(field?.jsonName).toBe(part);
      desc = field?.message;
    }
  });
});

describe("order", () => {
  const sizes = ["r-10", "r-9", "r-1"].map((id, index) =>
    create(SizeSchema, {
      id,
      name: index === 1 ? "a" : "b",
      ...(index === 2 && { description: "x" }),
    }),
  );
  const ids = (sortBy: string) =>
    lines(SizeSchema, sizes, "table", sortBy)
      .slice(1)
      .map((line) => line.split(" ")[0]);

  test.each([
    ["", ["r-10", "r-9", "r-1"]],
    ["id", ["r-1", "r-9", "r-10"]],
    ["ID:desc", ["r-10", "r-9", "r-1"]],
    ["name,id", ["r-9", "r-1", "r-10"]],
    ["name:desc,id:asc", ["r-1", "r-10", "r-9"]],
    ["description", ["r-1", "r-10", "r-9"]],
    ["description:desc", ["r-1", "r-10", "r-9"]],
  ])("by %j", (sortBy, expected) => {
    expect(ids(sortBy)).toEqual(expected);
  });

  test("addresses are ordered by their numbers", () => {
    const partitions = ["10.0.0.10", "10.0.0.9"].map((name) => create(PartitionSchema, { name }));
    expect(
      lines(PartitionSchema, partitions, "table", "name")
        .slice(1)
        .map((line) => line.trim()),
    ).toEqual(["10.0.0.9", "10.0.0.10"]);
  });

  test("JSON and YAML follow it too", () => {
    const out = printList(SizeSchema, sizes, style("json", "id"));
    expect((JSON.parse(out) as { id: string }[]).map(({ id }) => id)).toEqual([
      "r-1",
      "r-9",
      "r-10",
    ]);
  });

  test.each([
    ["nope", /no column "nope"; there are: id, name, /],
    ["id:up", /the direction is asc or desc/],
    ["id:asc:desc", /the direction is asc or desc/],
  ])("%j is refused", (sortBy, message) => {
    expect(() => ids(sortBy)).toThrow(UsageError);
    expect(() => ids(sortBy)).toThrow(message);
  });
});

describe("the printer", () => {
  test("pads to the widest line of a column, nothing at the end", () => {
    expect(
      tableLines([
        ["A", "B", "C"],
        ["1\n22", "x", ""],
        ["", "ü🔑", "z"],
      ]),
    ).toEqual(["A   B   C", "1   x", "22", "    ü🔑  z"]);
  });

  test("control characters cannot reach the terminal", () => {
    const image = create(ImageSchema, { id: "\u001b[31mred\u0007\u009b", name: "a\tb\u202e" });
    const [, row] = lines(ImageSchema, [image], "table");
    expect(row).toBe("\ufffd[31mred\ufffd\ufffd  a b\ufffd");
  });

  test("titles can be left out", () => {
    expect(printList(SizeSchema, [], { ...style("table"), headers: false })).toBe("");
  });

  test("an empty list is a list", () => {
    expect(printList(SizeSchema, [], style("json"))).toBe("[]\n");
    expect(printList(SizeSchema, [], style("yaml"))).toBe("");
  });
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [500_000_000, "500 MB"],
  [4_000_000_000, "4.0 GB"],
  [16_000_000_000, "16 GB"],
  [1.5e21, "1500 EB"],
])("%j bytes are %s", (amount, expected) => {
  expect(bytes(amount)).toBe(expected);
});

test("a decision shows what is needed", () => {
  const decision = create(AccessDecisionSchema, {
    rule: { procedure: "a.B/C", minRole: 5 },
    refusal: "ROLE_TOO_LOW",
  });
  expect(lines(AccessDecisionSchema, [decision], "table")[1]).toBe(
    "a.B/C      admin  no       ROLE_TOO_LOW",
  );
});
