// The codec: YAML to message and back, with the names and spellings that people use.
import { create, type DescMessage, equals, type Message } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import { AuditRecordSchema } from "../../../gen/metal/v1/audit_pb.ts";
import { ImageClassification, ImageSchema } from "../../../gen/metal/v1/image_pb.ts";
import { MetaSchema } from "../../../gen/metal/v1/meta_pb.ts";
import { PartitionSchema } from "../../../gen/metal/v1/partition_pb.ts";
import { ProjectSchema } from "../../../gen/metal/v1/project_pb.ts";
import {
  SizeReservationSchema,
  SizeSchema,
  SizeServiceSuggestRequestSchema,
} from "../../../gen/metal/v1/size_pb.ts";
import { TenantSchema } from "../../../gen/metal/v1/tenant_pb.ts";
import { decode, problemLine } from "../../../src/cli/document/decode.ts";
import { encode } from "../../../src/cli/document/encode.ts";
import { jsonText, yamlText } from "../../../src/cli/document/text.ts";
import { readDocuments } from "../../../src/cli/document/yaml-source.ts";

function read(desc: DescMessage, yaml: string) {
  const source = readDocuments(yaml, "f.yaml")[0]?.source ?? { kind: "null" };
  return decode(desc, source);
}

function write(desc: DescMessage, yaml: string): string {
  const { message, problems } = read(desc, yaml);
  expect(problems).toEqual([]);
  return yamlText(encode(desc, message));
}

const problemsOf = (desc: DescMessage, yaml: string) => read(desc, yaml).problems.map(problemLine);

function expectRoundTrip(desc: DescMessage, message: Message): void {
  for (const print of [yamlText, jsonText]) {
    const back = read(desc, print(encode(desc, message)));
    expect(back.problems).toEqual([]);
    expect(equals(desc, back.message, message)).toBe(true);
  }
}

const tenant = `meta:
  id: acme
  kind: Tenant
  apiversion: v1
  version: 0
  annotations:
    billing.acme.example/cost-center: "4711"
  labels:
    - gold
name: acme
description: builds anvils
default_quotas:
  machine:
    quota: 12
iam_config:
  issuer_config:
    url: https://login.acme.example
    client_id: metal
`;
const project = `meta:
  id: 6b0c1f2e-0000-4000-8000-000000000001
  kind: Project
  apiversion: v1
  version: 3
name: shop
description: the web shop
tenant_id: acme
`;
const image = `id: debian-12.3
name: Debian 12
description: for machines
url: https://images.acme.example/debian/12.3/img.tar.lz4
features:
  - machine
  - firewall
expirationDate: "2027-03-01T00:00:00Z"
classification: preview
version: "12.3"
generation: 0
`;
const partition = `id: fra-a
name: Frankfurt A
description: rooms 1 and 2
mgmtserviceaddress: mgmt.fra-a.acme.example:4242
bootconfig:
  imageurl: https://boot.acme.example/initrd.img.lz4
  kernelurl: https://boot.acme.example/kernel
  commandline: console=ttyS1,115200n8
dns_servers:
  - ip: 192.0.2.53
ntp_servers:
  - address: time.acme.example
labels:
  region: eu
privatenetworkprefixlength: 22
`;
const size = `id: c2-large
name: large
description: for databases
constraints:
  - type: cores
    min: 24
    max: 24
  - type: storage
    min: 9007199254740993
    max: 18446744073709551615
    identifier: /dev/nvme*
  - type: gpu
    min: 1
    max: 2
    identifier: AD102GL*
`;
const reservation = `id: r-1
sizeid: c2-large
projectid: p-1
amount: 3
partitionids:
  - fra-a
  - fra-b
`;

describe("what is read is written again, name by name", () => {
  test.each<[string, DescMessage, string]>([
    ["a tenant", TenantSchema, tenant],
    ["a project", ProjectSchema, project],
    ["an image", ImageSchema, image],
    ["a partition", PartitionSchema, partition],
    ["a size with numbers above 2^53", SizeSchema, size],
    ["a reservation", SizeReservationSchema, reservation],
  ])("%s", (_, desc, yaml) => {
    expect(write(desc, yaml)).toBe(yaml);
  });

  test.each<[string, DescMessage, string]>([
    ["a tenant", TenantSchema, tenant],
    ["an image", ImageSchema, image],
    ["a size", SizeSchema, size],
  ])("%s survives JSON too", (_, desc, yaml) => {
    const { message } = read(desc, yaml);
    const back = read(desc, jsonText(encode(desc, message)));
    expect(back.problems).toEqual([]);
    expect(equals(desc, back.message, message)).toBe(true);
  });

  test.each([
    "plain",
    "",
    "no",
    "yes",
    "null",
    "~",
    "012",
    "1e3",
    "1.10",
    "0x1f",
    "true",
    "2026-01-15",
    "2026-01-15T10:00:00Z",
    "a: b",
    "# no comment",
    "- item",
    "two\nlines\n",
    " blanks ",
    "tab\tand \"quotes\" and 'more'",
    "@reserved",
    "🔑 schlüssel",
    "x".repeat(500),
    "\u0007bell",
  ])("the text %j stays itself in a name, a label and a list", (text) => {
    const labels = { key: text, [text]: "value", __proto__key: "x" };
    const size = create(SizeSchema, { id: "s", name: text, labels });
    const meta = create(MetaSchema, { id: "m", labels: [text, text] });
    expectRoundTrip(SizeSchema, size);
    expectRoundTrip(MetaSchema, meta);
  });
});

describe("spellings", () => {
  test.each<[string, DescMessage, string, string]>([
    ["a number for a text field", ImageSchema, "version: 1", 'version: "1"\n'],
    ["a trailing zero is text too", ImageSchema, "version: 22.10", 'version: "22.10"\n'],
    ["a truth value for a text field", ImageSchema, "name: true", 'name: "true"\n'],
    ["a text for a number", SizeReservationSchema, 'amount: "3"', "amount: 3\n"],
    [
      "a number in powers of ten",
      SizeSchema,
      "constraints: [{min: 5e8}]",
      "constraints:\n  - min: 500000000\n",
    ],
    ["null is absent", ImageSchema, "id: a\nname: null\nurl:\nfeatures: ~", "id: a\n"],
    [
      "proto names",
      PartitionSchema,
      "boot_config: {kernel_url: u}",
      "bootconfig:\n  kernelurl: u\n",
    ],
    [
      "full enum names",
      ImageSchema,
      "features: [IMAGE_FEATURE_MACHINE]",
      "features:\n  - machine\n",
    ],
    ["enums in capitals", ImageSchema, "classification: Supported", "classification: supported\n"],
    ["an empty enum is the unspecified one", ImageSchema, 'classification: ""', "{}\n"],
    ["an optional zero is kept", MetaSchema, "version: 0", "version: 0\n"],
    ["a zero without presence is left out", SizeReservationSchema, "amount: 0", "{}\n"],
    [
      "a time with an offset",
      ImageSchema,
      "created: 2026-01-15T11:00:00+01:00",
      'created: "2026-01-15T10:00:00Z"\n',
    ],
    [
      "a time with a fraction",
      ImageSchema,
      "created: 2026-01-15T10:00:00.123456789Z",
      'created: "2026-01-15T10:00:00.123456789Z"\n',
    ],
    ["a duration", AuditRecordSchema, "duration: 1.5s", "duration: 1.500s\n"],
    [
      "free data",
      AuditRecordSchema,
      "request: {a: [1, x, {b: null}]}",
      "request:\n  a:\n    - 1\n    - x\n    - b: null\n",
    ],
    ["map keys are text", SizeSchema, "labels: {1: 2}", 'labels:\n  "1": "2"\n'],
  ])("%s", (_, desc, yaml, expected) => {
    expect(write(desc, yaml)).toBe(expected);
  });

  test("an enum value that this program does not know is written as its number", () => {
    const classification = 77 as ImageClassification;
    expect(encode(ImageSchema, create(ImageSchema, { classification }))).toEqual({
      classification: 77,
    });
  });
});

describe("problems name the path", () => {
  test.each<[string, DescMessage, string, string[]]>([
    [
      "a misspelled field",
      PartitionSchema,
      "bootconfig: {kernalurl: x}",
      ["bootconfig.kernalurl: no such field"],
    ],
    [
      "all of them",
      ImageSchema,
      "idd: a\nfeatures: [machine, boat]\ngeneration: -9223372036854775809",
      [
        "idd: no such field",
        'features[1]: must be one of machine, firewall, is "boat"',
        "generation: must be from -9223372036854775808 to 9223372036854775807, is -9223372036854775809",
      ],
    ],
    [
      "an unknown field is one also without a value",
      ImageSchema,
      "nope: null",
      ["nope: no such field"],
    ],
    [
      "a text for a number",
      SizeReservationSchema,
      "amount: many",
      ['amount: must be a whole number, is "many"'],
    ],
    [
      "a fraction for a whole number",
      SizeReservationSchema,
      "amount: 1.5",
      ['amount: must be a whole number, is "1.5"'],
    ],
    [
      "a number too large",
      SizeReservationSchema,
      "amount: 2147483648",
      ["amount: must be from -2147483648 to 2147483647, is 2147483648"],
    ],
    [
      "less than nothing",
      SizeSchema,
      "constraints: [{min: -1}]",
      ["constraints[0].min: must be from 0 to 18446744073709551615, is -1"],
    ],
    ["a value for a list", ImageSchema, "features: machine", ["features: must be a list"]],
    ["a list for a value", ImageSchema, "name: [a]", ["name: must be a single value"]],
    ["a hole in a list", MetaSchema, "labels: [a, null]", ["labels[1]: must be a single value"]],
    [
      "a value for a message",
      PartitionSchema,
      "bootconfig: x",
      ["bootconfig: must be a mapping of fields"],
    ],
    ["a list for a map", SizeSchema, "labels: [a]", ["labels: must be a mapping"]],
    ["a map value", SizeSchema, "labels: {a: [b]}", ["labels.a: must be a single value"]],
    [
      "a time",
      ImageSchema,
      "created: yesterday",
      ['created: must be a time as in RFC 3339, for example "2026-01-15T10:00:00Z"'],
    ],
    ["a document that is no mapping", ImageSchema, "just text", ["must be a mapping of fields"]],
    [
      "two of a choice",
      SizeServiceSuggestRequestSchema,
      "machine_id: m\nhardware: {memory: 1}",
      ["hardware: excludes machineId"],
    ],
  ])("%s", (_, desc, yaml, expected) => {
    expect(problemsOf(desc, yaml)).toEqual(expected);
  });
});

test("what was given is known, also where it is zero or nested, but not inside of lists", () => {
  const yaml =
    "id: p\ndescription: ''\nbootconfig: {kernelurl: u}\ndns_servers: [{ip: 192.0.2.1}]\nname: ~";
  expect(read(PartitionSchema, yaml).given).toEqual([
    "id",
    "description",
    "boot_config.kernel_url",
    "dns_servers",
  ]);
});

test("a field that this program does not know of survives neither silently nor as a crash", () => {
  expect(problemsOf(SizeSchema, "__proto__: {a: 1}\nconstructor: x")).toEqual([
    "__proto__: no such field",
    "constructor: no such field",
  ]);
});
