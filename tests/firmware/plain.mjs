// Runs one Python file in MicroPython with the files of a folder beside it: node plain.mjs micropython.mjs FOLDER FILE
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [interpreter, folder, file] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(interpreter));
const mp = await loadMicroPython({ heapsize: 1024 * 1024 });
mp.FS.mkdir("/lib");
mp.FS.mkdir("/lib/robokit");
for (const name of readdirSync(join(folder, "robokit")).filter((name) => /\.m?py$/.test(name))) {
    mp.FS.writeFile(`/lib/robokit/${name}`, readFileSync(join(folder, "robokit", name)));
}
mp.runPython("import sys\nsys.path.insert(0, '/lib')");
mp.runPython(readFileSync(file, "utf8"));
