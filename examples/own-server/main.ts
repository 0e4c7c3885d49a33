// Starts the library on the port in PORT, 8081 by default.
import { createLibraryServer } from "./server.ts";

const port = Number(process.env["PORT"] ?? 8081);
createLibraryServer().listen(port, "127.0.0.1", () =>
  console.log(`library on http://127.0.0.1:${port}`),
);
