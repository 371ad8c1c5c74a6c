// Greedy continuations in node-llama-cpp. Reads {modules, model, prompts, tokens} as JSON on stdin and writes
// {version, answers: [{prompt, ids}]}: token ids of each prompt and of what follows it, tokens[n] at most.
import {readFileSync} from "node:fs";
import {join} from "node:path";
import {pathToFileURL} from "node:url";

const job = JSON.parse(readFileSync(0, "utf8"));
const home = join(job.modules, "node_modules", "node-llama-cpp");
const {getLlama, LlamaLogLevel} = await import(pathToFileURL(join(home, "dist", "index.js")));

const llama = await getLlama({gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 1});
const model = await llama.loadModel({modelPath: job.model});
const context = await model.createContext({contextSize: job.context, threads: 1});
const answers = [];
for (const [n, text] of job.prompts.entries()) {
    const sequence = context.getSequence();
    const prompt = model.tokenize(text, true);
    const ids = [];
    for await (const token of sequence.evaluate(prompt, {temperature: 0})) {
        ids.push(token);
        if (ids.length === job.tokens[n]) break;
    }
    sequence.dispose();
    answers.push({prompt: [...prompt], ids});
}
const {version} = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
process.stdout.write(JSON.stringify({version, answers}));
process.exit(0);
