// The executable that `buf generate` starts for the reference: a request comes in on stdin, a response goes out on stdout.
import { runNodeJs } from "@bufbuild/protoplugin";
import { plugin } from "./plugin.ts";

runNodeJs(plugin);
