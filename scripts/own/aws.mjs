#!/usr/bin/env node
// `lakehouse-aws bootstrap | deploy | plan | destroy`, in the folder of a lake of one's own.
import { start } from "./start.mjs";

await start("lakehouse-aws");
