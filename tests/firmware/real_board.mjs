// A board: the real MicroPython behind its serial line, with a folder as flash.
//     node real_board.mjs micropython.mjs FOLDER    bytes of the line on stdin and stdout
// The interpreter's own prompt answers. What a board's port adds is done here: raw paste mode (the event-driven
// prompt of this build lacks it), soft and hard reset, main.py at the start.
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [interpreter, folder] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(interpreter));
const WINDOW = 128, FORCED_EXIT = 0x100;
const BANNER = "raw REPL; CTRL-B to exit\r\n>";
const OTHERS = new Set(["tmp", "home", "dev", "proc", "lib", "reset.txt", ".", ".."]);
let mp, raw = false, empty = true, held = null;

const say = (data) => {
    const bytes = typeof data === "string" ? Buffer.from(data, "latin1") : Buffer.from(data);
    if (held) held.push(bytes);
    else writeSync(1, bytes);
};

function load(there, here) {
    for (const name of readdirSync(here).filter((n) => !OTHERS.has(n))) {
        const [to, from] = [`${there}/${name}`, join(here, name)];
        if (statSync(from).isDirectory()) {
            mp.FS.mkdir(to);
            load(to, from);
        } else mp.FS.writeFile(to, readFileSync(from));
    }
}

function keep(there, here) {
    mkdirSync(here, { recursive: true });
    const names = mp.FS.readdir(there || "/").filter((n) => !OTHERS.has(n));
    for (const gone of readdirSync(here).filter((n) => !names.includes(n) && !OTHERS.has(n))) {
        rmSync(join(here, gone), { recursive: true });
    }
    for (const name of names) {
        const [from, to] = [`${there}/${name}`, join(here, name)];
        if (mp.FS.isDir(mp.FS.stat(from).mode)) keep(from, to);
        else writeFileSync(to, mp.FS.readFile(from));
    }
}

// Objects cannot be handed to one interpreter while another is loaded: everything goes through its prompt.
const fresh = () => loadMicroPython({ heapsize: 2 * 1024 * 1024, stdout: say, linebuffer: false });
let spare = fresh(); // loading takes longer than mpremote waits for a reset, on a busy machine
const SETUP = `
import os, sys
_stat = os.stat
os.stat = lambda p: _stat(p or ".")  # as on a flash file system
class machine:
    def reset():
        open("/reset.txt", "w").close()
sys.modules["machine"] = machine
`;

async function boot(runMain) {
    mp = await spare;
    spare = fresh();
    load("", folder);
    held = [];
    mp.replInit();
    held = null;
    run(SETUP);
    if (runMain && readdirSync(folder).includes("main.py")) say(run(readFileSync(join(folder, "main.py"), "utf8")));
}

// What a program prints, its error included.
function run(code) {
    held = [];
    feed([1]);
    held = [];
    feed([...Buffer.from(code), 4]);
    const [out, error] = Buffer.concat(held).toString("latin1").slice(2).split("\x04");
    feed([2]);
    held = null;
    return out + error;
}

// WebAssembly numbers its errors otherwise and does not name them.
const ERRORS = { 20: "[Errno 17] EEXIST", 31: "[Errno 21] EISDIR", 44: "[Errno 2] ENOENT", 54: "[Errno 20] ENOTDIR" };
const asOnABoard = (text) => text.replace(/OSError: (\d+)/, (all, number) => `OSError: ${ERRORS[number] ?? number}`);

const feed = (bytes) => {
    let result = 0;
    for (const byte of bytes) result = mp.replProcessChar(byte);
    return result;
};

async function after(result) {
    if (mp.FS.analyzePath("/reset.txt").exists) {
        mp.FS.unlink("/reset.txt");
        [raw, empty] = [false, true];
        await boot(true);
        writeFileSync(join(folder, "reset.txt"), "reset\n");
    } else if (result & FORCED_EXIT) {
        say("MPY: soft reboot\r\n");
        await boot(!raw);
        if (raw) {
            held = [];
            feed([1]);
            held = null;
            say(BANNER);
        } else say(">>> ");
        empty = true;
    } else keep("", folder);
}

async function* line() {
    for await (const chunk of process.stdin) yield* chunk;
}
const bytes = line();
const next = async () => (await bytes.next()).value;

async function paste() {
    await next(); // "A"
    await next(); // Ctrl-A
    say(Buffer.from([0x52, 1, WINDOW, 0, 1])); // a window, and at once a second one
    const code = [];
    for (let byte = await next(); byte !== 4; byte = await next()) {
        code.push(byte);
        if (code.length % WINDOW === 0) say("\x01");
    }
    say("\x04");
    held = [];
    const result = feed([...code, 4]);
    const answer = Buffer.concat(held);
    held = null;
    say(asOnABoard(answer.subarray(2).toString("latin1"))); // without "OK"
    await after(result);
}

await boot(true);
await spare;
say(">>> ");
writeSync(2, "ready\n");
for (let byte = await next(); byte !== undefined; byte = await next()) {
    if (raw && empty && byte === 5) {
        await paste();
        continue;
    }
    const result = feed([byte]);
    if (byte === 1 || byte === 2) [raw, empty] = [byte === 1, true];
    else if (byte === 3 || byte === 13) empty = raw ? empty : true;
    else if (byte === 4) {
        empty = true;
        await after(result);
    } else empty = false;
}
