// Runs jobs (JSON lines on standard input) in a real Blockly without a screen, and writes one JSON line for each.
// Argument: index.js of the package. The first line is a list of block definitions; then come
// {"workspace": …} -> {"saved": …} or, with "python": true, {"saved": …, "python": …};
// {"shapes": [types]} -> what those blocks look like. An error of a job is {"error": text}.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [file] = process.argv.slice(2);
const require = createRequire(file);
const Blockly = require(file);
const { pythonGenerator } = require("./python_compressed.js");
console.warn = (text) => warnings.push(String(text));
let warnings = [];

function load(job) {
    const workspace = new Blockly.Workspace();
    try {
        Blockly.serialization.workspaces.load(job.workspace, workspace);
        const answer = { saved: Blockly.serialization.workspaces.save(workspace) };
        if (job.python) answer.python = pythonGenerator.workspaceToCode(workspace);
        return answer;
    } finally {
        workspace.dispose();
    }
}

function shape(workspace, type) {
    const block = workspace.newBlock(type);
    const check = (connection) => connection.getCheck()?.slice().sort() ?? null;
    const fields = block.inputList.flatMap((input) => input.fieldRow).filter((field) => field.name);
    return {
        output: block.outputConnection ? check(block.outputConnection) : undefined,
        statement: Boolean(block.previousConnection),
        inputs: Object.fromEntries(block.inputList.filter((i) => i.type === Blockly.inputs.inputTypes.VALUE)
            .map((i) => [i.name, check(i.connection)])),
        rows: block.inputList.filter((i) => i.type === Blockly.inputs.inputTypes.STATEMENT).map((i) => i.name),
        fields: fields.filter((f) => f.SERIALIZABLE || f.EDITABLE).map((f) => f.name),
        options: Object.fromEntries(fields.filter((f) => f instanceof Blockly.FieldDropdown
            && !(f instanceof Blockly.FieldVariable)).map((f) => [f.name, f.getOptions().map((o) => o[1])])),
    };
}

function run(job) {
    if (Array.isArray(job)) {
        Blockly.defineBlocksWithJsonArray(job);
        const workspace = new Blockly.Workspace();
        for (const { type } of job) workspace.newBlock(type);
        return { defined: job.length, version: Blockly.VERSION };
    }
    if (job.shapes) {
        const workspace = new Blockly.Workspace();
        return Object.fromEntries(job.shapes.map((type) => [type, shape(workspace, type)]));
    }
    return load(job);
}

for await (const line of createInterface({ input: process.stdin })) {
    warnings = [];
    let answer;
    try {
        answer = run(JSON.parse(line));
    } catch (e) {
        answer = { error: String(e.message ?? e) };
    }
    if (warnings.length) answer.warnings = warnings;
    process.stdout.write(JSON.stringify(answer) + "\n");
}
