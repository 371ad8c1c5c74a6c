plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.android)
    `maven-publish`
}

android {
    namespace = "io.robolm"
    compileSdk = 35
    ndkVersion = "27.2.12479018"

    defaultConfig {
        minSdk = 23
        consumerProguardFiles("consumer-rules.pro")
        ndk { abiFilters += listOf("arm64-v8a", "x86_64") }
        externalNativeBuild {
            cmake {
                arguments += listOf("-DANDROID_STL=c++_static", "-DGGML_NATIVE=OFF", "-DGGML_OPENMP=OFF")
            }
        }
    }
    externalNativeBuild {
        cmake {
            path = file("src/main/cpp/CMakeLists.txt")
            version = "3.22.1"
        }
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
    kotlinOptions { jvmTarget = "17" }
    publishing { singleVariant("release") { withSourcesJar() } }
}

dependencies {
    api(libs.coroutines)
    compileOnly(libs.litert) // io.robolm.android.TfliteInterpreter: apps that use it bring it along
}

// llama.cpp's sources, pinned by hash.
val fetchNative by tasks.registering(Exec::class) {
    workingDir = rootDir.resolve("../..")
    commandLine("python3", "scripts/native.py", "--fetch")
}
tasks.configureEach {
    if (name == "preBuild" || name.startsWith("configureCMake")) dependsOn(fetchNative)
}

publishing {
    publications {
        register<MavenPublication>("release") {
            groupId = "io.robolm"
            artifactId = "robolm-android"
            version = "0.1.0"
            afterEvaluate { from(components["release"]) }
            pom {
                name = "RoboLM for Android"
                description = "Tiny language models that write MicroPython programs for robots, offline"
                licenses {
                    license {
                        name = "Apache-2.0"
                        url = "https://www.apache.org/licenses/LICENSE-2.0"
                    }
                }
            }
        }
    }
}
