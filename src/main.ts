// The process: reads the settings, starts the server, stops it on a signal. What is wrong with the settings is listed
// as a whole, and nothing is served.
import { enableCompileCache } from "node:module";

enableCompileCache();
const { run } = await import("./process.ts");
await run(process.argv.slice(2), process.env);
