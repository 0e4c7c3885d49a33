// A process that writes to the store in a folder for ever: an image and the audit of it, again and again. It prints each
// id after the store has acknowledged it. Arguments: the folder, and what the ids begin with.
import { writeSync } from "node:fs";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { audit, ubuntu } from "./sample.ts";

const [folder = "", prefix = ""] = process.argv.slice(2);
const store = await openSqliteStore(folder);
for (let count = 0; ; count += 1) {
  const id = `${prefix}-${count}`;
  await store.transaction(async (tx) => {
    const first = await tx.image.insert(ubuntu(id));
    await tx.image.update({ ...first, name: id });
    await tx.audit.append([audit(Date.now(), { traceId: id })]);
  });
  writeSync(1, `${id}\n`);
}
