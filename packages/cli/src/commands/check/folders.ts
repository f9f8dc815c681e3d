/** Where the user's tables are. */
import { join, parse } from "node:path";
import { projectRoot } from "@lakehouse/tables/project-root";
import { frameworkFolder, tablesPath } from "@lakehouse/transforms/project";

/** The root of the user's project. The command's bundle is somewhere in it. */
export const project = projectRoot(import.meta.dirname) ?? parse(import.meta.dirname).root;

/** The folder of the framework's own files. */
export const framework = frameworkFolder(project);

/** The folder with the tables' folders. */
export const tablesFolder = join(project, tablesPath);
