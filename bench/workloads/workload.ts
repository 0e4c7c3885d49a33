// What a workload is.
import type { Named } from "../options.ts";
import type { Table } from "../report/table.ts";
import type { Stage } from "../stage.ts";

/** Something that is measured. */
export interface Workload extends Named {
  run(stage: Stage): Promise<Table[]>;
}
