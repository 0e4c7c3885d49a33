import { create } from "@bufbuild/protobuf";
import { expect, test } from "@jest/globals";
import { ImageSchema } from "../../gen/metal/v1/image_pb.ts";
import { ProjectSchema } from "../../gen/metal/v1/project_pb.ts";
import { merge } from "../../src/domain/merge.ts";

const project = (values: object) => create(ProjectSchema, values);

function merged(stored: object, sent: object, paths: readonly string[] = []) {
  const target = project(stored);
  merge(ProjectSchema, target, { message: project(sent), paths });
  return target;
}

test("without paths, what is set is taken and the rest stays", () => {
  const after = merged({ name: "n", description: "d" }, { name: "m" });
  expect(after).toMatchObject({ name: "m", description: "d" });
});

test("messages are taken field by field, lists and maps as a whole", () => {
  const after = merged(
    { meta: { labels: ["a"], annotations: { a: "1" } }, quotas: { ip: { quota: 1 } } },
    { meta: { labels: ["b"], annotations: { b: "2" } }, quotas: { machine: { quota: 2 } } },
  );
  expect(after.meta).toMatchObject({ labels: ["b"], annotations: { b: "2" } });
  expect(after.meta?.annotations["a"]).toBeUndefined();
  expect(after.quotas).toMatchObject({ ip: { quota: 1 }, machine: { quota: 2 } });
});

test("a zero that is set counts as sent", () => {
  const after = merged({ quotas: { ip: { quota: 5 } } }, { quotas: { ip: { quota: 0 } } });
  expect(after.quotas?.ip?.quota).toBe(0);
});

test("with paths exactly those fields are taken, and cleared where they are not set", () => {
  const stored = {
    name: "n",
    description: "d",
    quotas: { ip: { quota: 1 }, machine: { quota: 2 } },
  };
  const after = merged(stored, { name: "m" }, ["name", "quotas.ip"]);
  expect(after).toMatchObject({ name: "m", description: "d" });
  expect(after.quotas?.ip).toBeUndefined();
  expect(after.quotas?.machine?.quota).toBe(2);
});

test.each(["nmae", "name.x", "quotas.nothing", "", "quotas..ip"])(
  "the path %j names no field",
  (path) => {
    expect(() => merged({}, {}, [path])).toThrow(`update_mask: no field "${path}"`);
  },
);

test("a path may use the name that files use", () => {
  expect(merged({ tenantId: "a" }, { tenantId: "b" }, ["tenant_id"]).tenantId).toBe("b");
});

test("a time replaces a time as a whole", () => {
  const image = create(ImageSchema, { expirationDate: { seconds: 1n, nanos: 5 } });
  const sent = create(ImageSchema, { expirationDate: { seconds: 2n } });
  merge(ImageSchema, image, { message: sent, paths: [] });
  expect(image.expirationDate).toMatchObject({ seconds: 2n, nanos: 0 });
});
