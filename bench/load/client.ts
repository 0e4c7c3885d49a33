// The process of the bundled generator: drives a server for each load it is sent, one after the other.
import { drive } from "./driver.ts";
import type { Load } from "./load.ts";

process.on("message", (load: Load) => {
  drive(load).then(
    (outcome) => process.send?.(outcome),
    (error: unknown) => {
      throw error;
    },
  );
});
