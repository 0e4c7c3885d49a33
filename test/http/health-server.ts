// A small complete server for tests of the socket layer: port, guard, probes and the Connect adapter with one service.
import type { AddressInfo } from "node:net";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus } from "../../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import type { Front } from "../../src/http/front.ts";
import { createGuard } from "../../src/http/guard.ts";
import type { HttpLimits } from "../../src/http/limit.ts";
import type { HttpRequest } from "../../src/http/listener.ts";
import { createHttpServer, type HttpServer } from "../../src/http/one-port.ts";
import { peerContext } from "../../src/http/peer.ts";
import { createProbe } from "../../src/http/probe.ts";

const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;

export interface TestServer extends HttpServer {
  readonly port: number;
  readonly url: string;
  /** What the guard reported. */
  readonly errors: unknown[];
  /** Calls that reached a handler. */
  readonly handled: string[];
  /** Lets running watches end. */
  readonly release: () => void;
}

export interface TestServerOptions {
  readonly front?: Front;
  readonly limits?: Partial<HttpLimits>;
  readonly bodyDeadlineMs?: number;
  readonly ready?: () => boolean | Promise<boolean>;
  readonly patienceMs?: number;
  /** Looks at each request before its context values are made. */
  readonly onRequest?: (request: HttpRequest) => void;
  readonly gate?: (context: HandlerContext) => void | Promise<void>;
}

/** A gate that lets nobody pass. */
export const refuseAll = () => {
  throw new ConnectError("nobody may", Code.PermissionDenied);
};

export async function startHealthServer(options: TestServerOptions = {}): Promise<TestServer> {
  const errors: unknown[] = [];
  const handled: string[] = [];
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const adapter = connectNodeAdapter({
    routes: (router) => {
      router.service(Health, {
        check: ({ service }) => {
          handled.push(service);
          return { status: SERVING };
        },
        async *watch() {
          yield { status: SERVING };
          await released;
          yield { status: NOT_SERVING };
        },
      });
      router.service(ServerReflection, {
        async *serverReflectionInfo(requests) {
          for await (const { host } of requests) yield { validHost: host };
        },
      });
    },
    requestGate: options.gate,
    readMaxBytes: 4 * 1024 * 1024,
    contextValues: (request) => {
      options.onRequest?.(request);
      return peerContext(request);
    },
  });
  const guard = createGuard({
    listener: adapter,
    services: [Health, ServerReflection],
    onError: (error) => errors.push(error),
    bodyDeadlineMs: options.bodyDeadlineMs,
  });
  const server = createHttpServer({
    listener: createProbe({ ...options, ready: options.ready ?? (() => true), fallback: guard }),
    limits: options.limits,
    ...(options.front && { front: options.front }),
  });
  const { port }: AddressInfo = await server.listen("127.0.0.1", 0);
  return { ...server, port, url: `http://127.0.0.1:${port}`, errors, handled, release };
}
