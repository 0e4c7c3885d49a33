// The process: reads the settings, starts the server, stops it on a signal. What is wrong with the settings is listed
// as a whole, and nothing is served.
import { enableCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

// Garbage is collected when the heap has grown by this much, not when it has doubled: a flood leaves little else.
setFlagsFromString("--heap-growing-percent=30");
enableCompileCache();
const { run } = await import("./process.ts");
await run(process.argv.slice(2), process.env);
