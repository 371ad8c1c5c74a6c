// swift-tools-version: 6.0
// The native core (mobile/native) for Swift. On Apple systems it comes from build/CRobo.xcframework, which
// build_xcframework.sh makes; elsewhere from librobo.so, in the folder that -Xlinker -L names.
import PackageDescription

#if os(Linux)
    let core = Target.systemLibrary(name: "CRobo", path: "Sources/CRobo")
#else
    let core = Target.binaryTarget(name: "CRobo", path: "build/CRobo.xcframework")
#endif

let package = Package(
    name: "RoboLM",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "RoboLM", targets: ["RoboLM"])],
    targets: [
        core,
        .target(
            name: "RoboLM",
            dependencies: ["CRobo"],
            resources: [.copy("PrivacyInfo.xcprivacy")],
            linkerSettings: [.linkedLibrary("c++", .when(platforms: [.iOS, .macOS]))]
        ),
        .executableTarget(name: "Example", dependencies: ["RoboLM"], path: "Example"),
        // What the sample app does, without its views, so that it is tested where there is no SwiftUI.
        .target(name: "SampleModel", dependencies: ["RoboLM"], path: "Sample/Model"),
        .testTarget(name: "RoboLMTests", dependencies: ["RoboLM", "SampleModel"]),
    ],
    swiftLanguageModes: [.v6]
)
