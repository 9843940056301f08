import { homedir } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** Folder for everything that is built or downloaded once and found again by content hash: `$XDG_CACHE_HOME/tributary`. */
export function cacheDirectory(environment: Environment = process.env): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "tributary");
}

/**
 * Folder that holds the whole state of the local clouds, one folder a cluster. One a machine, not one a checkout, because network
 * namespaces, cgroups and links are the machine's. `TRIBUTARY_CLOUDS_DIR` overrides it.
 */
export function cloudsDirectory(environment: Environment = process.env): string {
  return environment.TRIBUTARY_CLOUDS_DIR || "/var/lib/tributary-clouds";
}
