import RoboLM
import SwiftUI

struct ComposerView: View {
    @Bindable var composer: Composer

    var body: some View {
        NavigationStack {
            VStack(spacing: 12) {
                TextField("What should the robot do?", text: $composer.prompt, axis: .vertical)
                    .lineLimit(1...4)
                    .textFieldStyle(.roundedBorder)
                    .onSubmit { composer.start() }
                HStack {
                    Picker("Language", selection: $composer.language) {
                        Text("Any").tag(SpokenLanguage?.none)
                        ForEach(SpokenLanguage.all) { Text($0.name).tag(Optional($0)) }
                    }
                    Spacer()
                    control
                }
                if let problem { Text(problem).foregroundStyle(.red).font(.footnote) }
                CodeView(code: composer.code)
                if let program = composer.program { LatencyView(program: program) }
            }
            .padding()
            .navigationTitle("RoboLM")
        }
    }

    @ViewBuilder private var control: some View {
        switch composer.state {
        case .loading: ProgressView()
        case .writing: Button("Stop", role: .cancel) { composer.stop() }
        case .ready: Button("Write") { composer.start() }.buttonStyle(.borderedProminent)
        case .failed: EmptyView()
        }
    }

    private var problem: String? {
        if case .failed(let why) = composer.state { return why }
        return composer.problem
    }
}

/// The program, in a fixed width, to be selected and shared.
struct CodeView: View {
    let code: String

    var body: some View {
        ScrollView {
            Text(code)
                .font(.system(.callout, design: .monospaced))
                .textSelection(.enabled)
                .frame(maxWidth: .infinity, alignment: .leading)
        }
        .frame(maxHeight: .infinity)
        .environment(\.layoutDirection, .leftToRight)
        .toolbar { if !code.isEmpty { ShareLink(item: code) } }
    }
}

/// Where the time went.
struct LatencyView: View {
    let program: RoboProgram

    var body: some View {
        let figures = program.statistics
        Grid(alignment: .leading, horizontalSpacing: 16) {
            row("Load", figures.load)
            row("Prompt, \(figures.promptTokens) tokens", figures.prefill)
            row("First token", figures.firstToken)
            row("Program, \(figures.tokens) tokens", figures.decode)
            GridRow {
                Text("Tokens a second")
                Text(figures.tokensPerSecond, format: .number.precision(.fractionLength(0)))
            }
            GridRow {
                Text("Refused, taken back")
                Text("\(figures.refused), \(figures.undone)")
            }
        }
        .font(.footnote.monospacedDigit())
        .foregroundStyle(.secondary)
    }

    private func row(_ name: String, _ seconds: Double) -> some View {
        GridRow {
            Text(name)
            Text("\(seconds * 1000, format: .number.precision(.fractionLength(1))) ms")
        }
    }
}
