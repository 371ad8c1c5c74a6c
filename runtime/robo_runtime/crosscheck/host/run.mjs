// Runs jobs (JSON lines on standard input) on a real MicroPython, each in an interpreter of its own, and
// writes one JSON line per job. Arguments: micropython.mjs, a JSON file of {path: text} for its file system.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [interpreter, library] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(interpreter));
const files = Object.entries(JSON.parse(readFileSync(library, "utf8")));

async function run(line) {
    const said = [];
    const mp = await loadMicroPython({ heapsize: 4 * 1024 * 1024, stdout: (text) => said.push(text) });
    const made = new Set();
    for (const [path, text] of files) {
        const parts = path.split("/").slice(1, -1);
        for (let i = 1; i <= parts.length; i++) {
            const folder = "/" + parts.slice(0, i).join("/");
            if (!made.has(folder) && !mp.FS.analyzePath(folder).exists) mp.FS.mkdir(folder);
            made.add(folder);
        }
        mp.FS.writeFile(path, text);
    }
    mp.FS.writeFile("/job.json", line);
    mp.runPython("import sys\nsys.path.insert(0, '/host')\nimport host\nresult = host.main()");
    return mp.globals.get("result");
}

for await (const line of createInterface({ input: process.stdin })) {
    let answer;
    try {
        answer = await run(line);
    } catch (e) {
        answer = JSON.stringify({ crash: String(e.message ?? e) });
    }
    process.stdout.write(answer + "\n");
}
