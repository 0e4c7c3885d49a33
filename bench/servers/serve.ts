// What the bare servers share: the arguments they take, and how they say where they listen.
import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";

/** The folder of what a bare server answers, and the version of HTTP that it speaks. */
export const [folder = "", http = "2"] = process.argv.slice(2);

/** Serves on a free port of the loopback until the process is ended. */
export async function serve(server: Server): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  tell((server.address() as AddressInfo).port);
}

/** Says where this process listens, as metal-connect's log does. */
export function tell(port: number): void {
  process.stderr.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
}
