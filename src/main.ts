// The process: reads the settings, starts the server, stops it on a signal. What is wrong with the settings is listed
// as a whole, and nothing is served.
import { enableCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

// All garbage is collected when the heap has doubled, not when it is four times as large: a flood leaves little else.
// Earlier would cost every call: with 30 % each takes a tenth more.
setFlagsFromString("--heap-growing-percent=100");
enableCompileCache();
const { run } = await import("./process.ts");
await run(process.argv.slice(2), process.env);
