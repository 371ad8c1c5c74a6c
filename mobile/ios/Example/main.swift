// A program for a prompt, from the command line:
//   swift run Example robo-nano-q4_0.gguf esp32.robo "Blink an LED on pin 2"
import Foundation
import RoboLM

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count == 3, let prompt = arguments.last else {
    FileHandle.standardError.write(Data("usage: Example MODEL.gguf BOARD.robo PROMPT\n".utf8))
    exit(2)
}
let files = arguments.prefix(2).map { RoboSource.file(URL(fileURLWithPath: $0)) }

do {
    let model = try await RoboModel.load(model: files[0], data: files[1])
    for try await event in model.events(RoboRequest(prompt)) {
        switch event {
        case .text(let line): print(line, terminator: "")
        case .finished(let program): report(program.statistics)
        }
    }
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}

func report(_ figures: RoboProgram.Statistics) {
    let milliseconds = [figures.load, figures.prefill, figures.decode].map { Int($0 * 1000) }
    print("\n# load \(milliseconds[0]) ms, prompt \(milliseconds[1]) ms, program \(milliseconds[2]) ms")
    print("# \(figures.promptTokens) tokens read, \(figures.tokens) written, \(figures.refused) refused")
    // On Linux: what the process holds of its own and of files, the mapped model among them.
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    for line in status.split(separator: "\n") where line.hasPrefix("Rss") || line.hasPrefix("VmHWM") {
        print("# \(line.replacingOccurrences(of: "\t", with: " "))")
    }
}
