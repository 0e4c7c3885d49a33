// The process `metal`: hands the machine to the command line and its exit status back.
import { enableCompileCache } from "node:module";

enableCompileCache();

const { processIo } = await import("./process-io.ts");
const { run } = await import("./run.ts");

process.exitCode = await run(process.argv.slice(2), processIo());
