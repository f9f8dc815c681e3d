#!/usr/bin/env node
// `lakehouse COMMAND`, in the folder of a lake of one's own.
import { start } from "./start.mjs";

await start("lakehouse");
