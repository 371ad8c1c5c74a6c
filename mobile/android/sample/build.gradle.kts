import java.security.MessageDigest

plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.android)
    alias(libs.plugins.kotlin.compose)
}

// The files that ship in the app; `robo native-data` makes the second.
val model = rootDir.resolve("../../models/robo-nano-q4_0.gguf")
val data = layout.buildDirectory.file("robolm/assets/esp32.robo").get().asFile

fun sha256(file: File): String =
    MessageDigest.getInstance("SHA-256").digest(file.readBytes()).joinToString("") { "%02x".format(it) }

val roboAssets by tasks.registering {
    outputs.dir(layout.buildDirectory.dir("robolm/assets"))
    inputs.file(model)
    doLast {
        data.parentFile.mkdirs()
        model.copyTo(data.resolveSibling(model.name), overwrite = true)
        val robo = rootDir.resolve("../../.venv/bin/robo")
        exec { commandLine(robo, "native-data", "--board", "esp32", data) }
        data.resolveSibling("robolm.txt").writeText(
            "${model.name} ${sha256(model)}\n${data.name} ${sha256(data)}\n",
        )
    }
}
tasks.named("preBuild") { dependsOn(roboAssets) }

android {
    namespace = "io.robolm.sample"
    compileSdk = 35
    defaultConfig {
        applicationId = "io.robolm.sample"
        minSdk = 23
        targetSdk = 35
        versionCode = 1
        versionName = "0.1.0"
    }
    sourceSets["main"].assets.srcDir(layout.buildDirectory.dir("robolm/assets"))
    buildFeatures { compose = true }
    buildTypes {
        release {
            isMinifyEnabled = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
        }
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
    kotlinOptions { jvmTarget = "17" }
}

dependencies {
    implementation(project(":robolm"))
    implementation(libs.coroutines.android)
    implementation(platform(libs.compose.bom))
    implementation(libs.compose.material3)
    implementation(libs.compose.ui)
    implementation(libs.activity.compose)
    implementation(libs.lifecycle.viewmodel.compose)
    implementation(libs.lifecycle.runtime.compose)
}
