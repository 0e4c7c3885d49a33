// Bare connect-node: its adapter on Node's server, two methods, nothing in front of them.
import { createServer as createHttp1Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { MachineService } from "../../gen/metal/v1/machine_pb.ts";
import { readPrepared } from "./prepared.ts";
import { folder, http, serve } from "./serve.ts";

const prepared = readPrepared(folder);

const adapter = connectNodeAdapter({
  routes: (router) => {
    router.service(MachineService, { get: () => prepared.get, list: () => prepared.list });
  },
});
await serve(http === "2" ? createHttp2Server(adapter) : createHttp1Server(adapter));
