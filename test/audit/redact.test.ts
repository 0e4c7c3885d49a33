import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "@jest/globals";
import { redacted } from "../../src/audit/redact.ts";

/** A message with a secret of every kind a field can have, at every depth. */
const proto = `
syntax = "proto3";
package vault.v1;
import "google/protobuf/timestamp.proto";
import "metal/rbac/v1/rbac.proto";
message Vault {
  string name = 1;
  string password = 2 [(metal.rbac.v1.secret) = true];
  bytes key = 3 [(metal.rbac.v1.secret) = true];
  int32 pin = 4 [(metal.rbac.v1.secret) = true];
  repeated string spares = 5 [(metal.rbac.v1.secret) = true];
  map<string, string> answers = 6 [(metal.rbac.v1.secret) = true];
  Vault inner = 7 [(metal.rbac.v1.secret) = true];
  Vault safe = 8;
  repeated Vault list = 9;
  map<string, Vault> map = 10;
  oneof one { string token = 11 [(metal.rbac.v1.secret) = true]; Vault other = 12; }
  optional string note = 13 [(metal.rbac.v1.secret) = true];
}
message Open { string name = 1; string text = 2; }
message Dated { google.protobuf.Timestamp time = 1; Vault vault = 2; map<string, Vault> map = 3; }
`;

function compile(): (name: string) => DescMessage {
  const folder = mkdtempSync(join(tmpdir(), "redact-"));
  const root = join(import.meta.dirname, "../..");
  mkdirSync(join(folder, "metal/rbac/v1"), { recursive: true });
  const options = readFileSync(join(root, "proto/metal/rbac/v1/rbac.proto"));
  writeFileSync(join(folder, "metal/rbac/v1/rbac.proto"), options);
  writeFileSync(join(folder, "vault.proto"), proto);
  writeFileSync(join(folder, "buf.yaml"), "version: v2\n");
  const buf = join(root, "node_modules/@bufbuild/buf/bin/buf");
  execFileSync(process.execPath, [buf, "build", "-o", "image.binpb"], { cwd: folder });
  const image = readFileSync(join(folder, "image.binpb"));
  rmSync(folder, { recursive: true });
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  return (name) => registry.getMessage(name) as DescMessage;
}

const message = compile();
const marker = "MARKER";
const secrets: JsonValue = {
  name: "n",
  password: marker,
  key: Buffer.from(marker).toString("base64"),
  pin: 4711,
  spares: [marker],
  answers: { a: marker },
  inner: { name: marker },
  note: marker,
};

function shown(json: JsonValue, type = "vault.v1.Vault"): JsonValue {
  const schema = message(type);
  return redacted(schema, fromJson(schema, json));
}

test("every kind of secret field is masked or left out, and nothing else", () => {
  expect(shown(secrets)).toEqual({ name: "n", password: "***", note: "***" });
});

test("secrets are masked at every depth: in messages, lists, maps and alternatives", () => {
  const json = { safe: secrets, list: [secrets], map: { a: secrets }, other: { list: [secrets] } };
  const masked = { name: "n", password: "***", note: "***" };
  expect(shown(json)).toEqual({
    safe: masked,
    list: [masked],
    map: { a: masked },
    other: { list: [masked] },
  });
  expect(shown({ token: marker })).toEqual({ token: "***" });
});

test("a message that holds no secret is shown as it is", () => {
  expect(shown({ name: "n", text: "t" }, "vault.v1.Open")).toEqual({ name: "n", text: "t" });
});

test("a request that JSON has no form for is shown as what it is made of, without its secrets", () => {
  const dated = fromJson(message("vault.v1.Dated"), {
    vault: { name: "n", password: marker, list: [{ pin: 1 }] },
    map: { a: { pin: 4711, note: marker, safe: {} } },
  });
  Object.assign(dated, { time: create(TimestampSchema, { seconds: 1n << 62n, nanos: 7 }) });
  expect(redacted(message("vault.v1.Dated"), dated)).toEqual({
    time: { seconds: "4611686018427387904", nanos: "7" },
    vault: { name: "n", password: "***", list: [{}] },
    map: { a: { note: "***", safe: {} } },
  });
});

test("masking changes the copy in the audit, not the message that is handled", () => {
  const schema = message("vault.v1.Vault");
  const original = fromJson(schema, { password: marker, safe: { password: marker } });
  redacted(schema, original);
  expect(JSON.stringify(original)).toContain(marker);
});
