// What a PostgreSQL server must be like, fault by fault.
import { expect, test } from "@jest/globals";
import { faultsOf, type ServerFacts } from "../../src/store/postgres-server.ts";

const good: ServerFacts = {
  server_version_num: "180004",
  server_encoding: "UTF8",
  fsync: "on",
  full_page_writes: "on",
  in_recovery: "false",
};

test.each(["150000", "150017", "180004", "200001"])("version %s is new enough", (version) => {
  expect(faultsOf({ ...good, server_version_num: version }, "full")).toEqual([]);
});

const faults: readonly (readonly [Partial<ServerFacts>, string])[] = [
  [{ server_version_num: "149999" }, "it is PostgreSQL 14: use 15 or newer"],
  [{ server_version_num: "90624" }, "it is PostgreSQL 9: use 15 or newer"],
  [{ server_version_num: "" }, "it is PostgreSQL 0: use 15 or newer"],
  [
    { server_encoding: "SQL_ASCII" },
    "its encoding is SQL_ASCII: create the database with encoding UTF8",
  ],
  [{ in_recovery: "true" }, "it only reads, as a standby does: name the primary"],
  [{ fsync: "off" }, "it does not wait for the disk: set fsync and full_page_writes to on"],
  [
    { full_page_writes: "off" },
    "it does not wait for the disk: set fsync and full_page_writes to on",
  ],
];

test.each(faults)("%j is refused: %s", (facts, fault) => {
  expect(faultsOf({ ...good, ...facts }, "full")).toEqual([fault]);
});

test("tests may do without the disk, and without nothing else", () => {
  expect(faultsOf({ ...good, fsync: "off", full_page_writes: "off" }, "off")).toEqual([]);
  expect(faultsOf({ ...good, fsync: "off", in_recovery: "true" }, "off")).toHaveLength(1);
});
