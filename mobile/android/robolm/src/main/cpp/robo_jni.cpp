// robo.h for the JVM (kotlin/io/robolm/NativeLibrary.kt). Text is passed as UTF-8 in byte arrays; there is no
// state outside of handles and no reference outlives its call.
#include <jni.h>

#include <cstring>
#include <new>
#include <optional>
#include <string>

#include "robo.h"

namespace {

robo_error no_error() {
    robo_error error = {};
    error.struct_size = sizeof error;
    return error;
}

jbyteArray bytes_of(JNIEnv *env, const char *text, size_t length) {
    const jbyteArray array = env->NewByteArray(static_cast<jsize>(length));
    if (array)
        env->SetByteArrayRegion(array, 0, static_cast<jsize>(length), reinterpret_cast<const jbyte *>(text));
    return array;
}

void throw_robo(JNIEnv *env, const robo_error &error) {
    const jclass type = env->FindClass("io/robolm/RoboException");
    if (!type) return;
    const jmethodID make = env->GetMethodID(type, "<init>", "(I[B)V");
    if (!make) return;
    const jbyteArray message = bytes_of(env, error.message, std::strlen(error.message));
    if (!message) return;
    const auto made = static_cast<jthrowable>(env->NewObject(type, make, error.status, message));
    if (made) env->Throw(made);
}

using Text = std::optional<std::string>;

/// The content of a byte array; nothing for null, and where there is no memory (an exception is pending then).
Text text_of(JNIEnv *env, jbyteArray array) {
    if (!array || env->ExceptionCheck()) return std::nullopt;
    try {
        std::string text(static_cast<size_t>(env->GetArrayLength(array)), '\0');
        env->GetByteArrayRegion(array, 0, static_cast<jsize>(text.size()),
                                reinterpret_cast<jbyte *>(text.data()));
        return text;
    } catch (const std::bad_alloc &) {
        robo_error error = no_error();
        error.status = ROBO_MEMORY;
        std::strcpy(error.message, "out of memory");
        throw_robo(env, error);
        return std::nullopt;
    }
}

const char *or_null(const Text &text) { return text ? text->c_str() : nullptr; }

/// A Kotlin callback during one generation. What it throws stays pending and ends the generation.
struct Sink {
    JNIEnv *env;
    robo_handle *handle;
    jobject object;
    jmethodID text;
    bool failed = false;

    static void on_text(const char *text, size_t length, void *user) {
        static_cast<Sink *>(user)->tell(text, length);
    }

    void tell(const char *made, size_t length) {
        if (failed) return;
        const jbyteArray bytes = bytes_of(env, made, length);
        if (bytes) {
            env->CallVoidMethod(object, text, bytes);
            failed = env->ExceptionCheck();
        } else {
            failed = true;
        }
        if (failed) robo_cancel(handle);
        if (bytes) env->DeleteLocalRef(bytes);  // allowed while an exception is pending
    }
};

robo_handle *handle_of(jlong handle) { return reinterpret_cast<robo_handle *>(handle); }

}  // namespace

extern "C" {

JNIEXPORT jlong JNICALL Java_io_robolm_NativeLibrary_load(JNIEnv *env, jclass, jbyteArray model,
                                                          jbyteArray data, jint threads, jint context,
                                                          jboolean mapped) {
    const Text model_path = text_of(env, model), data_path = text_of(env, data);
    if (env->ExceptionCheck()) return 0;
    robo_options options = {};
    options.struct_size = sizeof options;
    options.threads = threads;
    options.context = context;
    options.mapped = mapped;
    options.model = or_null(model_path);
    options.data = or_null(data_path);
    robo_error error = no_error();
    robo_handle *handle = nullptr;
    if (robo_load(&options, &handle, &error) != ROBO_OK) throw_robo(env, error);
    return reinterpret_cast<jlong>(handle);
}

JNIEXPORT jbyteArray JNICALL Java_io_robolm_NativeLibrary_generate(
    JNIEnv *env, jclass, jlong handle, jbyteArray prompt, jbyteArray system, jbyteArray lang,
    jbyteArray hardware, jint max_tokens, jfloat temperature, jint top_k, jint seed, jboolean constrained,
    jobject sink, jdoubleArray figures) {
    const Text prompt_text = text_of(env, prompt), system_text = text_of(env, system),
               lang_text = text_of(env, lang), hardware_text = text_of(env, hardware);
    if (env->ExceptionCheck()) return nullptr;
    Sink told = {env, handle_of(handle), sink, nullptr};
    robo_request request = {};
    request.struct_size = sizeof request;
    request.unconstrained = !constrained;
    request.prompt = or_null(prompt_text);
    request.system = or_null(system_text);
    request.lang = or_null(lang_text);
    request.hardware = or_null(hardware_text);
    request.max_tokens = max_tokens;
    request.temperature = temperature;
    request.top_k = top_k;
    request.seed = static_cast<uint32_t>(seed);
    if (sink) {
        const jclass type = env->GetObjectClass(sink);
        told.text = env->GetMethodID(type, "text", "([B)V");
        env->DeleteLocalRef(type);
        if (!told.text) return nullptr;
        request.on_text = Sink::on_text;
        request.user = &told;
    }
    robo_answer answer = {};
    answer.struct_size = sizeof answer;
    robo_error error = no_error();
    const robo_status status = robo_generate(told.handle, &request, &answer, &error);
    jbyteArray code = nullptr;
    if (told.failed) {
        // the callback's exception is what the caller gets
    } else if (status != ROBO_OK) {
        throw_robo(env, error);
    } else {
        const robo_stats &s = answer.stats;
        const jdouble found[] = {static_cast<jdouble>(answer.stopped), s.load_s, s.prefill_s, s.first_token_s,
                                 s.decode_s, s.sample_s, static_cast<jdouble>(s.prompt_tokens),
                                 static_cast<jdouble>(s.tokens), static_cast<jdouble>(s.refused),
                                 static_cast<jdouble>(s.undone)};
        env->SetDoubleArrayRegion(figures, 0, sizeof found / sizeof *found, found);
        if (!env->ExceptionCheck()) code = bytes_of(env, answer.code, answer.length);
    }
    robo_answer_free(&answer);
    return code;
}

JNIEXPORT void JNICALL Java_io_robolm_NativeLibrary_setGrammar(JNIEnv *env, jclass, jlong handle,
                                                                jbyteArray data) {
    const Text path = text_of(env, data);
    if (env->ExceptionCheck()) return;
    robo_error error = no_error();
    if (robo_set_grammar(handle_of(handle), or_null(path), nullptr, 0, &error) != ROBO_OK) throw_robo(env, error);
}

JNIEXPORT void JNICALL Java_io_robolm_NativeLibrary_setAdapter(JNIEnv *env, jclass, jlong handle,
                                                                jbyteArray adapter, jfloat scale) {
    const Text path = text_of(env, adapter);
    if (env->ExceptionCheck()) return;
    robo_error error = no_error();
    if (robo_set_adapter(handle_of(handle), or_null(path), nullptr, 0, scale, &error) != ROBO_OK)
        throw_robo(env, error);
}

JNIEXPORT void JNICALL Java_io_robolm_NativeLibrary_cancel(JNIEnv *, jclass, jlong handle) {
    robo_cancel(handle_of(handle));
}

JNIEXPORT jboolean JNICALL Java_io_robolm_NativeLibrary_free(JNIEnv *, jclass, jlong handle) {
    return robo_free(handle_of(handle)) == ROBO_OK;
}

JNIEXPORT jstring JNICALL Java_io_robolm_NativeLibrary_version(JNIEnv *env, jclass) {
    return env->NewStringUTF(robo_version());
}

}  // extern "C"
