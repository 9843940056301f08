/**
 * The first import of every program that runs in a container: the kernel ignores a stop signal that the container's first process does
 * not listen for, and loading the rest of a program takes up to a second. A pod that is deleted meanwhile would wait for all of its grace.
 */
import { endAtEarlyStops } from "./early-stops.ts";

endAtEarlyStops();
