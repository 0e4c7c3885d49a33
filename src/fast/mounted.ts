// What is mounted on a router, with the implementations, which Connect keeps to itself.
import {
  type ConnectRouter,
  createMethodImplSpec,
  createServiceImplSpec,
  type MethodImplSpec,
} from "@connectrpc/connect";

/** `router`, adding each method that is mounted to `mounted`. Those with options of their own are left out. */
export function noting(router: ConnectRouter, mounted: MethodImplSpec[]): ConnectRouter {
  const noted: ConnectRouter = {
    handlers: router.handlers,
    service(service, implementation, options) {
      router.service(service, implementation, options);
      const { methods } = createServiceImplSpec(service, implementation);
      if (options === undefined) mounted.push(...Object.values(methods));
      return noted;
    },
    rpc(method, implementation, options) {
      router.rpc(method, implementation, options);
      if (options === undefined) mounted.push(createMethodImplSpec(method, implementation));
      return noted;
    },
  };
  return noted;
}
