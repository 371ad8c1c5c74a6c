// Greedy continuations in wllama, in headless Chromium. Reads {modules, chromium, model, prompts, tokens, context}
// as JSON on stdin and writes {version, answers: [{count, text}]}: tokens of each prompt and the text behind it.
import {readFileSync} from "node:fs";
import {createServer} from "node:http";
import {join} from "node:path";
import {pathToFileURL} from "node:url";

const job = JSON.parse(readFileSync(0, "utf8"));
const modules = join(job.modules, "node_modules");
const wllama = join(modules, "@wllama", "wllama");
const {chromium} = await import(pathToFileURL(join(modules, "playwright-core", "index.mjs")));

const files = {
    "/": ["text/html", "<!doctype html><title>wllama</title>"],
    "/favicon.ico": ["image/x-icon", ""],
    "/wllama.js": ["text/javascript", readFileSync(join(wllama, "esm", "index.js"))],
    "/wllama.wasm": ["application/wasm", readFileSync(join(wllama, "esm", "wasm", "wllama.wasm"))],
    "/model.gguf": ["application/octet-stream", readFileSync(job.model)],
};
const server = createServer((request, response) => {
    const found = files[request.url];
    response.writeHead(found ? 200 : 404, {
        "content-type": found?.[0] ?? "text/plain",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
    });
    response.end(found?.[1]);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));

const browser = await chromium.launch({
    executablePath: job.chromium,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
});
const page = await browser.newPage();
page.setDefaultTimeout(0);
page.on("console", (message) => process.stderr.write(`${message.text()}\n`));
await page.goto(`http://127.0.0.1:${server.address().port}/`);
const answers = await page.evaluate(async ({prompts, tokens, context}) => {
    const {Wllama, LoggerWithoutDebug} = await import("/wllama.js");
    const engine = new Wllama({default: "/wllama.wasm"}, {logger: LoggerWithoutDebug, allowOffline: true});
    const model = await (await fetch("/model.gguf")).blob();
    await engine.loadModel([model], {n_ctx: context, n_threads: 1, n_gpu_layers: 0});
    const found = [];
    for (const [n, prompt] of prompts.entries()) {
        const answer = await engine.createCompletion({
            prompt, max_tokens: tokens[n], temperature: 0, top_k: 1, seed: 0, cache_prompt: false,
        });
        found.push({count: answer.usage.prompt_tokens, text: answer.choices[0].text});
    }
    await engine.exit();
    return found;
}, job);
await browser.close();
server.close();
const {version} = JSON.parse(readFileSync(join(wllama, "package.json"), "utf8"));
process.stdout.write(JSON.stringify({version, answers}));
process.exit(0);
