// A way to the database that can be cut: what was sent arrives, and the answer does not. It can also lead elsewhere, as
// the address of a primary does.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A proxy on a free port of the loopback. */
export interface Proxy {
  /** The same URL, by way of the proxy. */
  through(url: string): string;
  /** Lets no answers through any more, and ends all connections after `ms` milliseconds. New ones work again then. */
  cut(ms: number): Promise<void>;
  /** Ends all connections, and leads new ones to the port that `url` names. */
  leadTo(url: string): void;
  close(): Promise<void>;
}

/** Opens a way to the port that `url` names. */
export async function openProxy(url: string): Promise<Proxy> {
  let target = new URL(url);
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) keep(socket);
    near.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes) => isCut || near.write(bytes));
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const end = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    through: (direct) => {
      const way = new URL(direct);
      way.port = `${(server.address() as AddressInfo).port}`;
      return way.href;
    },
    cut: async (ms) => {
      isCut = true;
      await new Promise((resolve) => setTimeout(resolve, ms));
      end();
      isCut = false;
    },
    leadTo: (other) => {
      target = new URL(other);
      end();
    },
    close: async () => {
      end();
      server.close();
      await once(server, "close");
    },
  };
}
